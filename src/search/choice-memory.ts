import { createHash } from "node:crypto";
import { LONGEST_QUERY } from "./query-words.ts";
import { stem } from "./stem.ts";
import { tokenize } from "./tokenize.ts";
import { isVague } from "./vague-words.ts";

const FORMAT = 1;
const MOST_CHOICES = 500;
/** What one choice is worth, and how many count: small enough that only near neighbours change places. */
const LIFT_PER_CHOICE = 0.04;
const MOST_COUNTED = 3;

interface Choice {
  readonly need: string;
  readonly server: string;
  readonly tool: string;
  readonly times: number;
}

/**
 * Remembers which tools were used after which needs, at most 500 of them, the needs as digests. Only a need of the very same
 * telling words (in any order and form) is lifted by it: whoever asks for something else is answered as if nothing had been used yet.
 */
export class ChoiceMemory {
  /** By need and address, the longest unused first. */
  readonly #choices = new Map<string, Choice>();

  get size(): number {
    return this.#choices.size;
  }

  /** Notes that a tool was used for a need. */
  note(need: string, server: string, tool: string): void {
    const key = keyOf(need);
    if (key === undefined) return;
    const times = this.#choices.get(placeOf({ need: key, server, tool }))?.times ?? 0;
    this.#put({ need: key, server, tool, times: Math.min(MOST_COUNTED, times + 1) });
  }

  /** What the scores of tools are multiplied by for this need; undefined where nothing was used for it. */
  liftFor(need: string): ((server: string, tool: string) => number) | undefined {
    const key = this.#choices.size === 0 ? undefined : keyOf(need);
    if (key === undefined || ![...this.#choices.values()].some((choice) => choice.need === key)) return undefined;
    return (server, tool) => 1 + LIFT_PER_CHOICE * (this.#choices.get(placeOf({ need: key, server, tool }))?.times ?? 0);
  }

  clear(): void {
    this.#choices.clear();
  }

  /** The memory as text for `recall`. */
  print(): string {
    const choices = [...this.#choices.values()].map(({ need, server, tool, times }) => [need, server, tool, times]);
    return JSON.stringify({ format: FORMAT, choices });
  }

  /** Takes in what `print` wrote, as older than everything known; a text that is damaged or of another making is ignored. */
  recall(text: string): void {
    const known = [...this.#choices.values()];
    const recalled = readChoices(text);
    this.#choices.clear();
    for (const choice of [...recalled, ...known]) this.#put(choice);
  }

  #put(choice: Choice): void {
    const place = placeOf(choice);
    const times = Math.max(choice.times, this.#choices.get(place)?.times ?? 0);
    this.#choices.delete(place); // to the end
    this.#choices.set(place, { ...choice, times });
    for (const oldest of this.#choices.keys()) {
      if (this.#choices.size <= MOST_CHOICES) break;
      this.#choices.delete(oldest);
    }
  }
}

const placeOf = ({ need, server, tool }: Omit<Choice, "times">): string => `${need} ${server}/${tool}`;

/** A digest of the telling words of a need; undefined where it has none. */
function keyOf(need: string): string | undefined {
  const words = new Set(tokenize(need.slice(0, LONGEST_QUERY), 200).filter((word) => !isVague(word)));
  if (words.size === 0) return undefined;
  const stems = [...new Set([...words].map(stem))].sort();
  return createHash("sha256").update(stems.join(" ")).digest("base64url").slice(0, 22);
}

function readChoices(text: string): readonly Choice[] {
  try {
    const { format, choices }: { format?: unknown; choices?: unknown } = JSON.parse(text) ?? {};
    return format === FORMAT && Array.isArray(choices) ? choices.flatMap(readChoice) : [];
  } catch {
    return [];
  }
}

function readChoice(found: unknown): Choice | [] {
  const [need, server, tool, times]: readonly unknown[] = Array.isArray(found) ? found : [];
  if (typeof need !== "string" || typeof server !== "string" || typeof tool !== "string") return [];
  if (typeof times !== "number" || !(times >= 1 && times <= MOST_COUNTED)) return [];
  return { need, server, tool, times };
}
