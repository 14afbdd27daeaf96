import type { CallContext, CallFilter, ToolAnswer } from "../../model/call.ts";
import type { JsonObject } from "../../model/json.ts";
import { RawResult } from "../../model/raw-result.ts";
import { BYTES_PER_TOKEN, MAX_RESULT_TOKENS } from "../../model/units.ts";
import { type CutResult, cutResult, type ResultBudget } from "../../results/cut-result.ts";
import type { ResultStore } from "../../results/result-store.ts";
import { mapAnswer } from "../call-endings.ts";
import type { Router } from "../router.ts";

/** The key under which a result says that it was cut, and how to read the rest. */
const CUT = "io.sallyport/result";
/** Images and files of one message; the rest of what one message may hold is for text. */
const BINARY_BYTES = 6 * 2 ** 20;

/** Shows no more of a result than a model wants at once, and keeps the whole of it under a handle. What fits passes as it came. */
export const shapeResult =
  (router: Router, store: ResultStore): CallFilter =>
  (next) =>
  (call, ctx, done) =>
    next(call, ctx, (ending) => {
      const standing = router.find(call.ref.backend)?.spec.maxResultTokens ?? MAX_RESULT_TOKENS.most; // a reload may have removed it meanwhile
      const budget = budgetOf(ctx, standing);
      const fits = ending instanceof RawResult && ending.textBytes <= budget.text && ending.binaryBytes <= budget.binary;
      done(fits ? ending : mapAnswer(ending, (answer) => shapedTo(budget, answer, ctx, store)));
    });

function shapedTo(budget: ResultBudget, answer: ToolAnswer, { maxTokens }: CallContext, store: ResultStore): ToolAnswer {
  if (maxTokens === Number.POSITIVE_INFINITY) return answer;
  if (!(answer instanceof RawResult) && answer["resultType"] === "input_required") return answer;
  const cut = cutResult(answer, budget);
  return cut ? withNotice(cut, store) : answer;
}

/** Results that go out in one message share its room. */
function budgetOf({ maxTokens, siblings = 1 }: CallContext, standing: number): ResultBudget {
  const tokens = Math.max(MAX_RESULT_TOKENS.least, Math.floor((maxTokens ?? standing) / siblings));
  return { text: tokens * BYTES_PER_TOKEN, binary: Math.floor(BINARY_BYTES / siblings) };
}

/** Keeps the whole, and says where it is found. */
function withNotice(cut: CutResult, store: ResultStore): ToolAnswer {
  if (!cut.stored) return cut.shown;
  const { shown, stored, pages, isLess } = cut;
  const handle = store.put(stored);
  return shown(notice(handle, pages, isLess), { [CUT]: { handle, pages } });
}

function notice(handle: string | undefined, pages: number, isLess: boolean): JsonObject {
  const without = isLess ? ", without its structured content" : "";
  const rest =
    handle === undefined
      ? "The rest is too much to keep: ask the tool for less"
      : `For the rest call read_result {"handle": "${handle}"} with page, pattern (text to find) or select (JSON Pointer) within 15 minutes`;
  return { type: "text", text: `[Page 1 of ${pages}${without}. ${rest}]` };
}
