import type { BackendSpec, ToolRules } from "../model/backend-spec.ts";
import { isJsonObject } from "../model/json.ts";
import { claimsReadOnly, type ToolDescriptor } from "../model/tool.ts";

/** How sure we are that a tool changes nothing: the registry says so, only the backend says so, or nobody does. */
export type ReadOnlyKnowledge = "trusted" | "claimed" | "no";

/** The part of a spec that decides what is believed about its tools. */
export type TrustSource = Pick<BackendSpec, "tools" | "trustAnnotations">;

/** Whether a tool may be seen and called: a matching `deny` always wins, then `allow` decides where there is one. */
export function isToolAllowed(rules: ToolRules, toolName: string): boolean {
  if (rules.deny.length === 0 && !rules.allow) return true;
  const matches = (pattern: string) => matchesPattern(pattern, toolName);
  return !rules.deny.some(matches) && (rules.allow?.some(matches) ?? true);
}

/** Whether a whole name fits a pattern in which `*` stands for any run of characters; no other character is special. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of parts) {
    const at = name.indexOf(part, from); // the earliest place is always as good as any: no backtracking, so no ReDoS
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

/** Whether results may be cached and shared: an override that names the tool wins, then annotations the registry trusts. */
export function isTrustedReadOnly(spec: TrustSource, tool: ToolDescriptor): boolean {
  const override = spec.tools.overrides.get(tool.ref.tool)?.readOnly;
  return override ?? (spec.trustAnnotations && claimsReadOnly(tool.definition));
}

/** Whether a call may be sent twice: by override, by trusted annotations, or because a trusted tool changes nothing at all. */
export function isTrustedIdempotent(spec: TrustSource, tool: ToolDescriptor): boolean {
  const override = spec.tools.overrides.get(tool.ref.tool)?.idempotent;
  return override ?? (isTrustedReadOnly(spec, tool) || (spec.trustAnnotations && claimsIdempotent(tool)));
}

/** What is known about a tool being read-only; an override that says no silences the backend's own claim. */
export function knownReadOnly(spec: TrustSource, tool: ToolDescriptor): ReadOnlyKnowledge {
  if (isTrustedReadOnly(spec, tool)) return "trusted";
  const denied = spec.tools.overrides.get(tool.ref.tool)?.readOnly === false;
  return claimsReadOnly(tool.definition) && !denied ? "claimed" : "no";
}

function claimsIdempotent({ definition }: ToolDescriptor): boolean {
  const annotations = definition["annotations"];
  return isJsonObject(annotations) && annotations["idempotentHint"] === true;
}
