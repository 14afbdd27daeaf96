import type { BackendListing } from "../catalog/catalog.ts";
import type { JsonObject } from "../model/json.ts";
import { checkToolList } from "../security/definition-limits.ts";
import { digestTool } from "../security/tool-digest.ts";

/** Why a tool that is well in itself may not be offered over the conversation it came by. */
type ToolFault = (definition: JsonObject) => string | undefined;

/** Tells good definitions from bad ones in an untrusted list, and names the good ones. */
export function judgeTools(
  backend: string,
  definitions: readonly unknown[],
  faultOf: ToolFault = () => undefined,
): Pick<BackendListing, "tools" | "quarantined"> {
  const { accepted, quarantined } = checkToolList(definitions);
  const judged = accepted.map((definition) => ({ definition, name: String(definition["name"]), reason: faultOf(definition) }));
  const refused = judged.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
  const tools = judged
    .filter(({ reason }) => reason === undefined)
    .map(({ definition, name }) => ({ ref: { backend, tool: name }, definition, digest: digestTool(definition) }));
  return { tools, quarantined: [...quarantined, ...refused] };
}
