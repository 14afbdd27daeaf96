import type { Generation } from "./generation.ts";
import type { SearchableTool } from "./searchable-tool.ts";

/**
 * Indexes a server's tools, one a step, and lets them count when all are in. Stops with false once they are no longer wanted; what is
 * in by then stays as waste.
 */
export function* indexServer(
  index: Generation,
  server: string,
  tools: readonly SearchableTool[],
  isWanted: () => boolean,
): Generator<void, boolean> {
  const first = index.documents.length;
  const read = index.readServer(tools[0] ?? { server, tool: "", definition: {}, tags: [] });
  for (const tool of tools) {
    index.append(tool, read);
    yield;
    if (!isWanted()) return false;
  }
  index.admit(server, first, read);
  return true;
}
