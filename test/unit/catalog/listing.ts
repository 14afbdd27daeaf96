import { type BackendListing, emptyListing } from "../../../src/catalog/catalog.ts";
import type { ToolDescriptor } from "../../../src/model/tool.ts";

/** A tool of a backend, with whatever its definition should hold. */
export const descriptor = (backend: string, tool: string, fields: object = {}): ToolDescriptor => ({
  ref: { backend, tool },
  definition: { name: tool, inputSchema: { type: "object" }, ...fields },
  digest: `digest of ${tool}`,
});

/** A live listing of a backend with the given tools. */
export const listing = (backend: string, tools: readonly string[], fields: Partial<BackendListing> = {}): BackendListing => ({
  ...emptyListing("spec-1"),
  tools: tools.map((tool) => descriptor(backend, tool)),
  seenAt: 1_700_000_000_000,
  source: "live",
  ...fields,
});
