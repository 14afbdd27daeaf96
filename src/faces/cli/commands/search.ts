import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { dim, printJson, printLine } from "../print.ts";

const HITS = 10;

/** Finds tools by what they do, exactly as `discover` does. */
export async function search(context: CommandContext, words: readonly string[], server: string | undefined): Promise<number> {
  const { gateway, output, caller } = context;
  const { results, unknown } = await (await gateway()).discover({ needs: [words.join(" ")], server, limit: HITS }, caller);
  if (output.json) {
    printJson(output, { results, unknown });
    return EXIT.ok;
  }
  const hits = results.flatMap((result) => result.hits);
  for (const { tool, signature, summary, readOnly } of hits) {
    printLine(output, `${tool}(${signature})${readOnly ? " [read-only]" : ""}`);
    if (summary !== "") printLine(output, dim(output, `    ${summary}`));
  }
  if (hits.length === 0) output.err.write("Nothing found: say it in other words, or see sallyport list\n");
  for (const missing of unknown) output.err.write(`The tools of "${missing.server}" are not known: ${missing.reason}\n`);
  return EXIT.ok;
}
