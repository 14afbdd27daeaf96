import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, printLine, printProblems } from "../print.ts";

/** The registry and what a gateway would make of it; a gateway in use by a host tells its own state through its `status` tool. */
export async function status({ gateway, output }: CommandContext): Promise<number> {
  const found = await (await gateway(true)).status();
  if (output.json) printJson(output, found);
  else {
    printLine(output, `Sallyport ${found.version}`);
    printLine(output, `Registry ${found.registry.file ?? "(none)"}: ${found.registry.state}, ${found.registry.servers} servers`);
    printProblems(output.err, [...found.registry.errors, ...found.registry.warnings], found.registry.file);
    const known = found.servers.filter(({ tools }) => tools !== undefined);
    const tools = known.reduce((sum, server) => sum + (server.tools ?? 0), 0);
    printLine(output, `${tools} tools of ${known.length} servers are known`);
  }
  return found.registry.errors.length === 0 ? EXIT.ok : EXIT.config;
}
