import type * as z from "zod/mini";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Watching } from "../model/watching.ts";
import type { Timing } from "./build-spec.ts";
import { describeIssue } from "./describe-issue.ts";
import { DEFAULTS, settingsSchema } from "./entry-schema.ts";
import { suggestion } from "./printable.ts";
import type { ProblemList } from "./problem-list.ts";
import type { WrittenSearch } from "./search-schema.ts";
import { sortOutUnknown } from "./unknown-keys.ts";
import type { InputDeclaration } from "./variable-sources.ts";
import { watchingOf } from "./watching-schema.ts";

/** The keys the servers may stand under. */
export const SERVER_KEYS = ["mcpServers", "servers"] as const;

/** What the top of the file says beside the servers, complete. */
export interface Settings {
  readonly drainMs: number;
  readonly engine: string | undefined;
  readonly rememberChoices: boolean;
  /** As written: its variables are still to be looked up. */
  readonly search: WrittenSearch;
  readonly watching: Watching;
  readonly timing: Timing;
  readonly inputs: ReadonlyMap<string, InputDeclaration>;
}

type Written = z.infer<typeof settingsSchema>;

/** Reads the top of the file; what is wrong there goes to `problems`, and the defaults stand in for it. */
export function readSettings(root: JsonObject, problems: ProblemList): Settings {
  const written = Object.fromEntries(Object.entries(root).filter(([key]) => !SERVER_KEYS.some((name) => name === key)));
  const { known } = sortOutUnknown(settingsSchema, written, (path, siblings) => {
    const known = path.length === 1 ? [...siblings, ...SERVER_KEYS] : siblings;
    problems.warn({
      path,
      at: "key",
      text: "is not known and has no effect",
      hint: () => suggestion(String(path.at(-1)), known),
    });
  });
  const checked = settingsSchema.safeParse(known);
  for (const issue of checked.error?.issues ?? []) problems.error(describeIssue(issue, known));
  reportRepeatedInputs(known["inputs"], problems);
  const { inputs = [], defaults, engine, rememberChoices = true, search = {} } = checked.data ?? {};
  const timing = timingOf(defaults);
  const drainMs = defaults?.drainMs ?? DEFAULTS.drainMs;
  const watching = watchingOf(checked.data ?? {});
  return {
    drainMs,
    engine,
    rememberChoices,
    search,
    watching,
    timing,
    inputs: new Map(inputs.map((input) => [input.id, input])),
  };
}

function reportRepeatedInputs(inputs: unknown, problems: ProblemList): void {
  const first = new Map<string, number>();
  const items: readonly unknown[] = Array.isArray(inputs) ? inputs : [];
  for (const [index, item] of items.entries()) {
    const id = isJsonObject(item) ? item["id"] : undefined;
    if (typeof id !== "string") continue;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else problems.error({ path: ["inputs", index, "id"], expected: "an id of its own", found: `the id of inputs[${earlier}]` });
  }
}

const timingOf = (defaults: Written["defaults"]): Timing => ({
  startTimeoutMs: defaults?.startTimeoutMs ?? DEFAULTS.startTimeoutMs,
  callTimeoutMs: defaults?.callTimeoutMs ?? DEFAULTS.callTimeoutMs,
  cacheTtlMs: defaults?.cacheTtlMs ?? DEFAULTS.cacheTtlMs,
  maxResultTokens: defaults?.maxResultTokens ?? DEFAULTS.maxResultTokens,
  idlePauseMs: defaults?.idlePauseMs ?? DEFAULTS.idlePauseMs,
  idleStopMs: defaults?.idleStopMs ?? DEFAULTS.idleStopMs,
});
