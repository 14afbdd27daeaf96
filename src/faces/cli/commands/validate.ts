import { checkRegistry } from "../../../gateway/open-gateway.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, printLine, printProblems } from "../print.ts";

/** Checks the registry without starting anything; 3 if it is invalid. */
export async function validate({ registry, output }: CommandContext): Promise<number> {
  const { file, problems, servers } = await checkRegistry(registry);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (output.json) printJson(output, { file, valid: errors === 0, servers, problems });
  else {
    printProblems(output.err, problems, file);
    if (errors === 0) printLine(output, `${file}: ${servers} servers, ${problems.length} warnings`);
    else output.err.write(`${file}: ${errors} errors\n`);
  }
  return errors === 0 ? EXIT.ok : EXIT.config;
}
