import { createHash } from "node:crypto";
import type { BackendListing } from "../catalog/catalog.ts";
import { toolsDigestOf } from "../catalog/tools-digest.ts";
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
  const overrides = spec?.tools.overrides ?? new Map<string, { readonly examples?: readonly string[] }>();
  const examples = [...overrides].map(([tool, override]) => [tool, override.examples ?? 0]);
  const version = createHash("sha256").update(JSON.stringify([maker, said, examples, toolsDigestOf(listing)]));
  const tools = () =>
    listing.tools.map(({ ref, definition }) => ({
      server: backend,
      tool: ref.tool,
      definition,
      ...said,
      examples: overrides.get(ref.tool)?.examples,
    }));
  index.replace(backend, tools, version.digest("base64url"));
}
