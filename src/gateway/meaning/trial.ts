import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalog } from "../../catalog/catalog.ts";
import type { BackendSpec } from "../../model/backend-spec.ts";
import { isJsonObject } from "../../model/json.ts";
import type { StateStore } from "../../model/ports.ts";
import { ToolIndex } from "../../search/tool-index.ts";
import { type Example, isBetter, LEAST_EXAMPLES, scoreTrial, type TrialScore } from "../../search/trial.ts";
import type { VectorTable } from "../../search/vector-table.ts";
import type { Clock } from "../../time/clock.ts";
import { followCatalog } from "../follow-catalog.ts";
import { TrialRun } from "./trial-run.ts";

/** The name under which a StateStore keeps the last trial. */
export const TRIAL_NAME = "search/trial";

/** Of more examples than this some are drawn. */
const MOST_EXAMPLES = 200;
/** What meaning may be worth, the most careful first: small models should weigh less than words, large ones more. */
export const CAREFUL_WEIGHT = 1 / 3;
const WEIGHTS = [CAREFUL_WEIGHT, 1 / 2, 2 / 3];

/** How a trial ended. */
export interface Verdict {
  /** Which model was tried. */
  readonly maker: string;
  /** And on which tools and examples, as a digest. */
  readonly subject: string;
  readonly examples: number;
  /** Whether meaning finds more than words alone do; false too where there were too few examples to tell. */
  readonly isBetter: boolean;
  /** What meaning should be worth, 0 to 1. */
  readonly weight: number;
  /** Undefined where there were too few examples. */
  readonly words: TrialScore | undefined;
  readonly both: TrialScore | undefined;
}

export interface TrialParts {
  readonly catalog: Catalog;
  readonly specOf: (backend: string) => BackendSpec | undefined;
  readonly clock: Clock;
  /** A vector a question. */
  readonly embed: (needs: readonly string[]) => Promise<readonly Float32Array[]>;
}

/** The examples in the registry of tools that are known, at most 200 of them, whatever their order. */
export function examplesOf(catalog: Catalog, specOf: TrialParts["specOf"]): readonly Example[] {
  const all = catalog.all().flatMap(([server, listing]) => {
    const spec = specOf(server);
    if (!spec?.enabled) return [];
    return listing.tools.flatMap(({ ref: { tool } }) =>
      (spec.tools.overrides.get(tool)?.examples ?? []).map((need): Example => ({ need, server, tool })),
    );
  });
  const drawn = all.map((example) => ({ example, lot: digestOf([example]) })).sort((a, b) => (a.lot < b.lot ? -1 : 1));
  return drawn.slice(0, MOST_EXAMPLES).map(({ example }) => example);
}

/** What a trial is about; equal ones have equal verdicts. */
export interface Subject extends Pick<Verdict, "maker" | "subject"> {
  readonly examples: readonly Example[];
}

export function subjectOf(contents: string, examples: readonly Example[], maker: string): Subject {
  return { maker, examples, subject: digestOf([contents, examples, maker]) };
}

/** Ranks every example by words alone and together with meaning, in an index that knows no examples, and compares. */
export async function tryMeaning(parts: TrialParts, table: VectorTable, about: Subject): Promise<Verdict> {
  const { maker, subject, examples } = about;
  const known = { maker, subject, examples: examples.length };
  const undecided: Verdict = { ...known, isBetter: false, weight: CAREFUL_WEIGHT, words: undefined, both: undefined };
  if (examples.length < LEAST_EXAMPLES) return undecided;
  const vectors = await parts.embed(examples.map(({ need }) => need));
  const index = await indexWithoutExamples(parts);
  const run = new TrialRun({ index, table, examples, vectors, clock: parts.clock });
  const words = scoreTrial(examples, await run.rank());
  let best: Verdict = { ...undecided, words };
  for (const weight of WEIGHTS) {
    const both = scoreTrial(examples, await run.rank(weight));
    const tried: Verdict = { ...best, weight, both, isBetter: isBetter(both, words) };
    if (best.both === undefined || (tried.isBetter && (!best.isBetter || isBetter(both, best.both)))) best = tried;
  }
  return best;
}

async function indexWithoutExamples({ catalog, specOf, clock }: TrialParts): Promise<ToolIndex> {
  const index = new ToolIndex(clock);
  for (const [server, listing] of catalog.all()) {
    const { description, tags = [], tools } = specOf(server) ?? {};
    const rules = { allow: undefined, deny: [], ...tools, overrides: new Map() };
    followCatalog(index, { description, tags, tools: rules }, server, listing);
    await nextTurn();
  }
  await index.settled();
  return index;
}

export const printVerdict = (verdict: Verdict): string => JSON.stringify({ format: 1, verdict });

/** The verdict kept in the store, if it is about this model. */
export async function recallVerdict(store: StateStore, maker: string): Promise<Verdict | undefined> {
  const text = await store.read(TRIAL_NAME);
  try {
    const kept: unknown = JSON.parse(text ?? "null");
    const verdict = isJsonObject(kept) && kept["format"] === 1 ? kept["verdict"] : undefined;
    return isJsonObject(verdict) && verdict["maker"] === maker ? (verdict as unknown as Verdict) : undefined;
  } catch {
    return undefined;
  }
}

const digestOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("base64url");
