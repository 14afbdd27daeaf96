import { createHash } from "node:crypto";
import type { BackendListing } from "../catalog/catalog.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { ToolIndex } from "../search/tool-index.ts";

type Described = Pick<BackendSpec, "description" | "tags" | "tools">;

/** Keeps the search index true to the catalog: one server's tools are replaced as a whole. `maker` is who indexes: another version of us may do it otherwise. */
export function followCatalog(
  index: ToolIndex,
  spec: Described | undefined,
  backend: string,
  listing: BackendListing | undefined,
  maker = "",
): void {
  if (!listing) {
    index.remove(backend);
    return;
  }
  const said = { serverDescription: spec?.description, tags: spec?.tags ?? [] };
  const tools = listing.tools.map(({ ref, definition }) => ({
    server: backend,
    tool: ref.tool,
    definition,
    ...said,
    examples: spec?.tools.overrides.get(ref.tool)?.examples,
  }));
  const digest = createHash("sha256").update(JSON.stringify([maker, said, tools.map(({ examples }) => examples ?? 0)]));
  for (const tool of listing.tools) digest.update(tool.digest);
  index.replace(backend, tools, digest.digest("base64url"));
}
