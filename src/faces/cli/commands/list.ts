import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, printTable } from "../print.ts";

/** Every server of the registry with what is known of it; starts nothing. */
export async function list({ gateway, output }: CommandContext): Promise<number> {
  const servers = await (await gateway()).listServers();
  if (output.json) printJson(output, { servers });
  else {
    printTable(output, [
      ["SERVER", "STATE", "TRANSPORT", "TOOLS", "DESCRIPTION"],
      ...servers.map(({ server, state, transport, tools, description, needs }) => [
        server,
        needs.length > 0 ? `${state}: ${needs.join(", ")}` : state,
        transport,
        tools === undefined ? "?" : String(tools),
        description ?? "",
      ]),
    ]);
  }
  return EXIT.ok;
}
