import type { DiscoverAnswer } from "../../../gateway/discovery.ts";
import type { ToolCard } from "../../../gateway/shown-tools.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { dim, type Output, printJson, printLine } from "../print.ts";

const HITS = 10;

export interface SearchOptions {
  /** Only tools of this server. */
  readonly server?: string | undefined;
  /** Say why each tool was found. */
  readonly explain?: boolean | undefined;
  /** Go on from where an earlier answer to the same words ended. */
  readonly cursor?: string | undefined;
}

/** Finds tools by what they do, exactly as `discover` does. */
export async function search(context: CommandContext, words: readonly string[], options: SearchOptions = {}): Promise<number> {
  const { gateway, output, caller } = context;
  const found = await (await gateway()).discover({ ...options, needs: [words.join(" ")], limit: HITS }, caller);
  if (output.json) printJson(output, found);
  else printFound(output, found);
  return EXIT.ok;
}

function printFound(output: Output, { results, unknown, overview, nextCursor }: DiscoverAnswer): void {
  const hits = results.flatMap((result) => result.hits);
  for (const { tool, signature, summary, readOnly, alsoOn, confidence, matched } of hits) {
    const marks = [...(readOnly ? ["read-only"] : []), ...(alsoOn ? [`also on ${alsoOn.join(", ")}`] : [])];
    printLine(output, `${tool}(${signature})${marks.length > 0 ? ` [${marks.join(", ")}]` : ""}`);
    if (summary !== "") printLine(output, dim(output, `    ${summary}`));
    if (matched) printLine(output, dim(output, `    ${confidence} confidence: ${whyOf(matched)}`));
  }
  if (hits.length === 0) output.err.write("Nothing found: say it in other words, or see sallyport list\n");
  if (hits.length === 0 && overview) {
    const servers = overview.servers.map(({ server, tools }) => `${server} (${tools})`).join(", ");
    output.err.write(`There are ${overview.tools} tools: ${servers}\n`);
  }
  if (nextCursor !== undefined) output.err.write(`More: the same with --cursor ${nextCursor}\n`);
  for (const missing of unknown) output.err.write(`The tools of "${missing.server}" are not known: ${missing.reason}\n`);
}

/** `tool read file; meaning #2`: the words found in each field, and the place among the tools near in meaning. */
const whyOf = (matched: NonNullable<ToolCard["matched"]>): string =>
  matched.map(({ field, words }) => `${field} ${words.join(" ")}`).join("; ") || "the address itself";
