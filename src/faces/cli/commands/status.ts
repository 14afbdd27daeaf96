import type { GatewayStatus } from "../../../gateway/views.ts";
import { askAboutServer, askGateways } from "../../ops/ask-gateways.ts";
import { meaningLines, overviewText, serverText } from "../../status-text.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { bold, type Output, printJson, printLine, printProblems } from "../print.ts";

/**
 * The registry and what a gateway would make of it; then, of every gateway in use that shows its figures on a socket, how it is.
 * With a server's name all of it is about that server.
 */
export async function status(context: CommandContext, server?: string): Promise<number> {
  if (server !== undefined) return await serverStatus(context, server);
  const { gateway, output } = context;
  const opened = await gateway(true);
  const found = await opened.status();
  const running = await askGateways(await opened.ops.knownSockets());
  if (output.json) printJson(output, { ...found, running });
  else {
    printRegistry(output, found);
    for (const { socket, status } of running) printLine(output, `\n${bold(output, socket)}\n${told(overviewText, status)}`);
  }
  return found.registry.errors.length === 0 ? EXIT.ok : EXIT.config;
}

async function serverStatus({ gateway, output }: CommandContext, server: string): Promise<number> {
  const opened = await gateway();
  const found = await opened.serverStatus(server);
  const running = await askAboutServer(await opened.ops.knownSockets(), server);
  if (output.json) printJson(output, { ...found, running });
  else if (running.length === 0) printLine(output, serverText(found));
  for (const { socket, status } of output.json ? [] : running) {
    printLine(output, `${bold(output, socket)}\n${told(serverText, status)}`);
  }
  return EXIT.ok;
}

/** Another version, or another program altogether, may answer with something else: that must not hide the gateways after it. */
function told<Status>(textOf: (status: Status) => string, status: Status): string {
  try {
    return textOf(status);
  } catch {
    return "Its answer cannot be read: it may be of another version";
  }
}

function printRegistry(output: Output, { version, registry, servers, meaning }: GatewayStatus): void {
  printLine(output, `Sallyport ${version}`);
  printLine(output, `Registry ${registry.file ?? "(none)"}: ${registry.state}, ${registry.servers} servers`);
  printProblems(output.err, [...registry.errors, ...registry.warnings], registry.file);
  const known = servers.filter(({ tools }) => tools !== undefined);
  const tools = known.reduce((sum, server) => sum + (server.tools ?? 0), 0);
  printLine(output, `${tools} tools of ${known.length} servers are known`);
  for (const line of meaningLines(meaning)) printLine(output, line);
}
