import { createHash } from "node:crypto";
import type { BackendListing } from "../../catalog/catalog.ts";
import { toolText } from "../../search/tool-text.ts";
import type { VectorBlock } from "../../search/vector-block.ts";

/** A tool that is to have a vector: the text it is made of, and that text's digest. */
export interface PlannedTool {
  readonly tool: string;
  readonly text: string;
  readonly hash: string;
}

/** What is to be embedded of a server, at most so many tools. */
export function planTools(server: string, listing: BackendListing, prefix: string, most: number): readonly PlannedTool[] {
  return listing.tools.slice(0, Math.max(0, most)).map(({ ref, definition }) => {
    const text = `${prefix}${toolText({ server, tool: ref.tool, definition, tags: [] })}`;
    return { tool: ref.tool, text, hash: createHash("sha256").update(text).digest("base64url").slice(0, 22) };
  });
}

/** Whether a block has the vectors of exactly these tools. */
export const isMadeOf = (block: VectorBlock | undefined, plan: readonly PlannedTool[]): boolean =>
  block?.tools.length === plan.length &&
  plan.every(({ tool, hash }, at) => block.tools[at] === tool && block.hashes[at] === hash);
