import type { DiscoverAnswer } from "../../../gateway/discovery.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { dim, type Output, printJson, printLine } from "../print.ts";

const HITS = 10;

/** Finds tools by what they do, exactly as `discover` does. */
export async function search(context: CommandContext, words: readonly string[], server: string | undefined): Promise<number> {
  const { gateway, output, caller } = context;
  const found = await (await gateway()).discover({ needs: [words.join(" ")], server, limit: HITS }, caller);
  if (output.json) printJson(output, found);
  else printFound(output, found);
  return EXIT.ok;
}

function printFound(output: Output, { results, unknown, overview }: DiscoverAnswer): void {
  const hits = results.flatMap((result) => result.hits);
  for (const { tool, signature, summary, readOnly, alsoOn } of hits) {
    const marks = [...(readOnly ? ["read-only"] : []), ...(alsoOn ? [`also on ${alsoOn.join(", ")}`] : [])];
    printLine(output, `${tool}(${signature})${marks.length > 0 ? ` [${marks.join(", ")}]` : ""}`);
    if (summary !== "") printLine(output, dim(output, `    ${summary}`));
  }
  if (hits.length === 0) output.err.write("Nothing found: say it in other words, or see sallyport list\n");
  if (hits.length === 0 && overview) {
    const servers = overview.servers.map(({ server, tools }) => `${server} (${tools})`).join(", ");
    output.err.write(`There are ${overview.tools} tools: ${servers}\n`);
  }
  for (const missing of unknown) output.err.write(`The tools of "${missing.server}" are not known: ${missing.reason}\n`);
}
