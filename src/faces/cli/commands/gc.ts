import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, printTable } from "../print.ts";

const VERDICTS = { in_use: "keep", adoptable: "keep", remove: "remove" } as const;

/** Removes containers that gateways have left behind; with `dryRun` only says which. */
export async function gc({ gateway, output }: CommandContext, dryRun: boolean): Promise<number> {
  const steps = await (await gateway()).collectContainers(dryRun);
  if (output.json) {
    const containers = steps.map(({ container, verdict, reason }) => ({
      name: container.name,
      state: container.state,
      verdict,
      reason,
    }));
    printJson(output, { dryRun, containers });
    return EXIT.ok;
  }
  const rows = steps.map(({ container, verdict, reason }) => [VERDICTS[verdict], container.name, container.state, reason]);
  if (rows.length > 0) printTable(output, [["ACTION", "CONTAINER", "STATE", "REASON"], ...rows]);
  return EXIT.ok;
}
