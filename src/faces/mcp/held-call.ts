import type { Caller } from "../../gateway/caller.ts";
import { GatewayError } from "../../model/errors.ts";
import type { AskHost, HostAnswer, Question } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Signal } from "../../model/signal.ts";

/** The request of the host that a call goes on with: who can cancel it now, and who hears its progress and its log. */
export type Round = Pick<Caller, "signal" | "onProgress" | "log">;

/** The call itself, given its caller's ears and voice, which outlive a single request; never rejects. */
export type StartCall = (caller: Round & { readonly askHost: AskHost }) => Promise<JsonObject>;

interface OpenQuestion {
  readonly question: Question;
  readonly settle: (answer: HostAnswer) => void;
  /** Whether the host has been asked it. */
  put: boolean;
}

/** What a call came to: its result, or questions by key, for which it waits. */
export type HeldOutcome = { readonly result: JsonObject } | { readonly questions: JsonObject };

/**
 * A call of a host that is asked by the answer to its request and answers with the next one. Between the two the call goes on:
 * it keeps its place and its deadline, and the backend's request stays open.
 */
export class HeldCall {
  readonly #life = new AbortController();
  readonly #open = new Map<string, OpenQuestion>();
  #round: Round;
  #result: JsonObject | undefined;
  #asked = 0;
  #changed: () => void = () => undefined;

  constructor(start: StartCall, first: Round) {
    this.#round = first;
    const { onProgress, log } = first;
    void start({
      signal: this.#life.signal,
      onProgress: onProgress && ((update) => this.#round.onProgress?.(update)),
      log: log && { level: log.level, tell: (line) => this.#round.log?.tell(line) },
      askHost: (question, signal) => this.#ask(question, signal),
    }).then((result) => {
      this.#result = result;
      this.#changed();
    });
  }

  get isFinished(): boolean {
    return this.#result !== undefined;
  }

  /** Gives the backend the host's answers and goes on until the call has ended or asks again. Cancelled, it ends. */
  async goOn(round: Round, answers: JsonObject = {}): Promise<HeldOutcome> {
    this.#round = round;
    const cancel = (): void => this.end(GatewayError.from(round.signal.reason, round.signal));
    if (round.signal.aborted) cancel();
    else round.signal.addEventListener("abort", cancel, { once: true });
    try {
      this.#answer(answers);
      return await this.#outcome();
    } finally {
      round.signal.removeEventListener("abort", cancel);
      this.#round = BETWEEN_ROUNDS;
    }
  }

  /** Ends the call, whatever it waits for. */
  end(reason: GatewayError): void {
    this.#life.abort(reason);
    this.#refuseAll(reason.message);
  }

  /** A question goes before the result: that may be of a backend that did not wait, and nobody could be asked later. */
  async #outcome(): Promise<HeldOutcome> {
    for (;;) {
      const result = this.#result;
      const isAsked = [...this.#open.values()].some(({ put }) => result === undefined || !put);
      if (isAsked) {
        await new Promise((resolve) => setImmediate(resolve)); // questions that come together are put together
        if (this.#open.size > 0) return { questions: this.#questions() };
      } else if (result) {
        this.#refuseAll("The call through which the host was asked has ended");
        return { result };
      } else await this.#change();
    }
  }

  #ask(question: Question, signal: Signal): Promise<HostAnswer> {
    const key = `q${++this.#asked}`;
    return new Promise((resolve) => {
      const withdraw = (): void => settle(NOT_ASKED("The question was taken back"));
      const settle = (answer: HostAnswer): void => {
        signal.removeEventListener("abort", withdraw);
        this.#open.delete(key);
        resolve(answer);
      };
      if (signal.aborted || this.#life.signal.aborted) return withdraw();
      signal.addEventListener("abort", withdraw, { once: true });
      this.#open.set(key, { question, settle, put: false });
      this.#changed();
    });
  }

  #answer(answers: JsonObject): void {
    for (const [key, { settle }] of [...this.#open]) {
      const answer = answers[key];
      if (!isJsonObject(answer)) continue; // it will be asked again
      const { resultType: _ofAnotherEra, ...result } = answer;
      settle({ result });
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  #questions(): JsonObject {
    for (const open of this.#open.values()) open.put = true;
    return Object.fromEntries([...this.#open].map(([key, { question }]) => [key, question]));
  }

  #refuseAll(why: string): void {
    for (const { settle } of [...this.#open.values()]) settle(NOT_ASKED(why));
  }
}

/** While the host asks its person, nobody listens. */
const BETWEEN_ROUNDS: Round = { signal: new AbortController().signal };

const NOT_ASKED = (message: string): HostAnswer => ({ error: { code: -32_603, message } });
