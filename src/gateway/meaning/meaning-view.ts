import { neutralise } from "../../model/neutralise-text.ts";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import { LEAST_EXAMPLES, type TrialScore } from "../../search/trial.ts";
import type { GraphState } from "../../search/vector-graph.ts";
import type { LayerState } from "./semantic-layer.ts";

/** Search by meaning as `status` shows it. */
export interface MeaningView {
  readonly model: string;
  readonly endpoint: string;
  readonly isOn: boolean;
  /** Tools that have a vector. */
  readonly tools: number;
  /** How it stands and why, in one sentence. */
  readonly summary: string;
  /** Why the endpoint is left alone for a while. */
  readonly trouble?: string;
  readonly trial?: {
    readonly examples: number;
    readonly words: TrialScore | undefined;
    readonly both: TrialScore | undefined;
  };
}

const GRAPH_TEXTS: Readonly<Record<GraphState, string>> = {
  unneeded: "",
  missing: " (compared one by one; with the package usearch installed a graph would find them)",
  growing: " (compared one by one until their graph has grown)",
  ready: " (found through a graph)",
};

export function viewOfMeaning(settings: EmbeddingsSettings, state: LayerState | undefined): MeaningView {
  const { model, origin, enabled } = settings;
  const verdict = state?.verdict;
  const isOn = enabled !== "off" && (enabled === "on" ? state !== undefined : verdict?.isBetter === true);
  const trouble = state?.trouble === undefined ? undefined : neutralise(state.trouble, { multiline: false });
  const rest = trouble === undefined ? "" : `; for the moment search goes by words alone: ${trouble}`;
  return {
    model: neutralise(model, { multiline: false }),
    endpoint: origin,
    isOn,
    tools: state?.embedded ?? 0,
    summary: `${standingOf(enabled, state)}${rest}`,
    ...(trouble !== undefined && { trouble }),
    ...(verdict && { trial: { examples: verdict.examples, words: verdict.words, both: verdict.both } }),
  };
}

function standingOf(enabled: EmbeddingsSettings["enabled"], state: LayerState | undefined): string {
  if (enabled === "off") return "switched off";
  if (!state) return "waits for the first question";
  const tools = `${state.embedded} tools embedded${state.isComplete ? "" : " so far"}${GRAPH_TEXTS[state.graph]}`;
  if (enabled === "on") return `on without a trial, ${tools}`;
  const { verdict } = state;
  if (!verdict) return `not tried yet, ${tools}`;
  const { examples, words, both, isBetter } = verdict;
  if (!words || !both)
    return `off, ${tools}: ${examples} examples are too few to try it on, expected ${LEAST_EXAMPLES} (sallyport examples write)`;
  const figures = `recall@5 ${figure(words.recallAt5)} by words, ${figure(both.recallAt5)} with it; MRR ${figure(words.mrr)}, ${figure(both.mrr)}`;
  return `${isBetter ? "on" : "off"}, ${tools}: on ${examples} examples it does ${isBetter ? "better" : "no better"} (${figures})`;
}

const figure = (value: number): string => value.toFixed(3);
