import type { BackendListing } from "../catalog/catalog.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { ToolIndex } from "../search/tool-index.ts";

/** Keeps the search index true to the catalog: one server's tools are replaced as a whole. */
export function followCatalog(
  index: ToolIndex,
  spec: BackendSpec | undefined,
  backend: string,
  listing: BackendListing | undefined,
): void {
  if (!listing) {
    index.remove(backend);
    return;
  }
  const tools = listing.tools.map(({ ref, definition }) => ({
    server: backend,
    tool: ref.tool,
    definition,
    serverDescription: spec?.description,
    tags: spec?.tags ?? [],
  }));
  index.replace(backend, tools);
}
