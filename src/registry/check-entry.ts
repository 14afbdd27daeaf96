import type * as z from "zod/mini";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { ParsedOptions, RuntimeKind } from "../model/ports.ts";
import { describeIssue } from "./describe-issue.ts";
import type { EntryKind } from "./entry-kind.ts";
import { commonSchema, commonShape } from "./entry-schema.ts";
import type { ExpandedEntry } from "./expand-entry.ts";
import { withoutValues } from "./expand-env.ts";
import { formatPath } from "./printable.ts";
import type { Complaint, Complaints } from "./problem-list.ts";

/** An entry in its normal form, ready to be checked. */
export interface Candidate {
  readonly id: string;
  readonly entry: ExpandedEntry;
  readonly kind: EntryKind;
  readonly baseDir: string;
}

/** What an entry says, typed, and what its runtime makes of it. */
export interface CheckedEntry extends ParsedOptions {
  readonly common: z.infer<typeof commonSchema>;
}

/**
 * Holds an entry against its schemas and lets its runtime read it; undefined when either complains. A complaint about a
 * value that is still waiting for its variable is no fault of the file: the entry is listed and never started.
 */
export function checkEntry(candidate: Candidate, complaints: Complaints): CheckedEntry | undefined {
  const { entry, kind } = candidate;
  const own = kind.own.safeParse(entry.fields);
  const common = commonSchema.safeParse(entry.fields);
  const issues = [...(own.error?.issues ?? []), ...(common.error?.issues ?? [])];
  const waiting = new Set(entry.missing.map(({ field }) => field));
  const faults = issues.map((issue) => describeIssue(issue, entry.fields)).filter(({ path }) => !waiting.has(formatPath(path)));
  const clean = (text: string) => withoutValues(text, entry.substitutions);
  for (const fault of faults) complaints.error({ ...fault, expected: clean(fault.expected), found: clean(fault.found) });
  if (faults.length > 0 || !common.success) return undefined;
  const driven = readOptions(candidate, { ...entry.fields, ...common.data, ...own.data }, complaints);
  return driven && { common: common.data, ...driven };
}

function readOptions(
  { id, entry, kind, baseDir }: Candidate,
  fields: JsonObject,
  complaints: Complaints,
): ParsedOptions | undefined {
  const said = commonShape.transport.parse(fields["transport"]);
  try {
    const part = kind.runtime.parse({ id, fields, baseDir });
    if (said === undefined || said === part.transport) return part;
    const hint = "Leave it out, or change what it contradicts";
    complaints.error({ path: ["transport"], expected: `"${part.transport}"`, found: `"${said}"`, hint });
  } catch (reason) {
    if (entry.missing.length > 0)
      return { options: undefined, transport: said ?? (kind.runtime.key === "url" ? "http" : "stdio") };
    complaints.error(refusalOf(GatewayError.from(reason), kind.runtime, entry));
  }
  return undefined;
}

/** A runtime's refusal, placed at the field its message begins with: `port: expected …`. */
function refusalOf({ message, hint }: GatewayError, kind: RuntimeKind, entry: ExpandedEntry): Complaint {
  const clean = (text: string) => withoutValues(text, entry.substitutions);
  const [, field = "", problem = ""] = /^([\w.-]+): (.+)$/s.exec(message) ?? [];
  const path = field.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const named = Object.hasOwn(entry.fields, path[0] ?? "");
  return { path: named ? path : [kind.key], text: clean(named ? problem : message), hint: hint && clean(hint) };
}
