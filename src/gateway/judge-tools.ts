import type { BackendListing } from "../catalog/catalog.ts";
import { checkToolList } from "../security/definition-limits.ts";
import { digestTool } from "../security/tool-digest.ts";

/** Tells good definitions from bad ones in an untrusted list, and names the good ones. */
export function judgeTools(backend: string, definitions: readonly unknown[]): Pick<BackendListing, "tools" | "quarantined"> {
  const { accepted, quarantined } = checkToolList(definitions);
  const tools = accepted.map((definition) => ({
    ref: { backend, tool: String(definition["name"]) },
    definition,
    digest: digestTool(definition),
  }));
  return { tools, quarantined };
}
