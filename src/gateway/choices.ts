import type { CallRecord, Observer, StateStore } from "../model/ports.ts";
import { formatToolRef } from "../model/tool.ts";
import { ChoiceMemory } from "../search/choice-memory.ts";
import type { Clock, Timer } from "../time/clock.ts";

/** The name under which a StateStore keeps which tools were used after which needs. */
export const CHOICES_NAME = "search/choices";

const GATHER_MS = 3_000;
/** A call belongs to one of the last questions, and to one of the last minutes. */
const MOST_QUESTIONS = 32;
const QUESTION_MS = 600_000;

interface Question {
  readonly need: string;
  readonly shown: ReadonlySet<string>;
  readonly until: number;
}

export interface ChoicesParts {
  readonly store: StateStore;
  readonly clock: Clock;
  /** Whether the registry lets us remember. */
  readonly isWanted: () => boolean;
}

/** Sees which of the tools that `discover` showed are then called, and remembers it on this machine, if the registry lets it. */
export class Choices implements Observer {
  readonly #parts: ChoicesParts;
  readonly #memory = new ChoiceMemory();
  #questions: readonly Question[] = [];
  #recalling: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(parts: ChoicesParts) {
    this.#parts = parts;
  }

  /** Resolves when what earlier processes kept is known; reads it the first time, or removes it where it is not wanted. */
  ready(): Promise<void> {
    if (!this.#parts.isWanted()) this.#forget();
    this.#recalling ??= this.#parts.isWanted() ? this.#recall() : this.#parts.store.remove(CHOICES_NAME);
    return this.#recalling;
  }

  /** How the scores of tools change for a need; undefined, and nothing changes, for a need after which nothing was called. */
  liftFor(need: string): ((server: string, tool: string) => number) | undefined {
    return this.#parts.isWanted() ? this.#memory.liftFor(need) : undefined;
  }

  /** Tools were shown for a need: a call of one of them soon will count as its choice. */
  shown(need: string, addresses: readonly string[]): void {
    if (!this.#parts.isWanted() || addresses.length === 0) return;
    const question = { need, shown: new Set(addresses), until: this.#parts.clock.now() + QUESTION_MS };
    this.#questions = [question, ...this.#questions.filter((other) => other.need !== need)].slice(0, MOST_QUESTIONS);
  }

  callFinished({ ref, code }: CallRecord): void {
    if (this.#questions.length === 0 || code !== "ok" || !this.#parts.isWanted()) return;
    const now = this.#parts.clock.now();
    const question = this.#questions.find(({ shown, until }) => now < until && shown.has(formatToolRef(ref)));
    if (!question) return;
    this.#memory.note(question.need, ref.backend, ref.tool);
    this.#timer ??= this.#parts.clock.after(GATHER_MS, () => void this.#keep()).unref();
  }

  backendChanged(): void {}

  circuitChanged(): void {}

  /** Keeps what was not kept yet. */
  async close(): Promise<void> {
    if (this.#timer) await this.#keep();
  }

  async #keep(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (!this.#parts.isWanted()) return;
    await this.#recall(); // another process may have kept something meanwhile
    await this.#parts.store.write(CHOICES_NAME, this.#memory.print());
  }

  async #recall(): Promise<void> {
    const text = await this.#parts.store.read(CHOICES_NAME);
    if (text !== undefined) this.#memory.recall(text);
  }

  #forget(): void {
    if (this.#memory.size > 0) this.#recalling = undefined; // so that the text goes too
    this.#memory.clear();
    this.#questions = [];
  }
}
