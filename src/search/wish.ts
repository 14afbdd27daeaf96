import { stem } from "./stem.ts";
import { type Act, actOf } from "./verbs.ts";
import { WEIGHTS } from "./weights.ts";

/** What a query wants done, as far as it says so. */
export interface Wish {
  readonly acts: ReadonlySet<Act>;
  /** What a name gains whose verb is of such a kind. */
  readonly gain: number;
}

/** A wish begins with what is to be done; verbs further on belong to its objects. */
const OPENING_WORDS = 3;
/** "created" tells of things, not of what is to be done. */
const PARTICIPLE = /ed$/;
const QUESTION =
  /^\P{L}*(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|had|will)\b|[?？]\s*$/iu;

const NOTHING: Wish = { acts: new Set(), gain: 0 };
const TO_READ: Wish = { acts: new Set(["read"]), gain: WEIGHTS.askedAct };

/** The kinds of act that the opening of a query names; a question that names none wants to read. */
export function wishOf(asking: readonly string[], text: string): Wish {
  const opening = asking.slice(0, OPENING_WORDS).filter((word) => !PARTICIPLE.test(word));
  const acts = new Set(opening.map((word) => actOf(stem(word))).filter((act) => act !== undefined));
  if (acts.size > 0) return { acts, gain: WEIGHTS.sameAct };
  return QUESTION.test(text) ? TO_READ : NOTHING;
}
