import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { bold, printJson, printLine } from "../print.ts";

/** One server (`filesystem`) with its state, or one tool (`filesystem/read_file`) with its definition. */
export async function info(context: CommandContext, name: string): Promise<number> {
  return name.includes("/") ? await toolInfo(context, name) : await serverInfo(context, name);
}

async function toolInfo({ gateway, output, caller }: CommandContext, name: string): Promise<number> {
  const { tools, errors } = await (await gateway()).describe([name], caller);
  const [failure] = errors;
  if (failure) throw failure.error;
  for (const tool of tools) printJson(output, tool);
  return EXIT.ok;
}

async function serverInfo({ gateway, output }: CommandContext, name: string): Promise<number> {
  const found = await (await gateway()).serverStatus(name);
  if (output.json) {
    printJson(output, found);
    return EXIT.ok;
  }
  printLine(output, `${bold(output, found.server)} ${found.state}, ${found.transport}`);
  if (found.description !== undefined) printLine(output, found.description);
  if (found.needs.length > 0) printLine(output, `needs ${found.needs.join(", ")}`);
  const seen = found.catalog?.seenAt === undefined ? "" : `, last read ${found.catalog.seenAt}`;
  printLine(output, found.tools === undefined ? "tools not known yet" : `${found.tools} tools${seen}`);
  for (const { name: tool, reason } of found.quarantined) printLine(output, `set aside ${tool}: ${reason}`);
  return EXIT.ok;
}
