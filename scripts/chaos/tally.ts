import type { JsonObject } from "../../src/model/json.ts";
import { GUEST, ROLES } from "./cast.ts";
import type { Journal } from "./journal.ts";
import { type Answer, readAnswer } from "./read-answer.ts";

/** Codes that no fault of a backend explains. */
const NEVER = new Set(["internal", "invalid_argument", "permission_denied", "needs_config", "cancelled"]);

/** How long a backend is left alone that is not in the registry for now. */
const AWAY_MS = 300;

/** Judges each answer as it comes, as far as it can be judged without the ledgers. */
export class Tally {
  readonly #journal: Journal;
  /** Failures by `backend code`. */
  readonly failures = new Map<string, number>();
  /** Latencies of good answers in ms, by role. */
  readonly latencies: readonly number[][] = ROLES.map(() => []);

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Takes the answer to a call; gives back for how many ms its backend asks to be left alone. */
  answered(nonce: number, message: JsonObject, tookMs: number): number {
    const count = (this.#journal.answers[nonce] ?? 0) + 1;
    this.#journal.answers[nonce] = count;
    if (count > 1) this.#journal.break("more than one answer", nonce, JSON.stringify(message));
    else if (this.#journal.fateOf(nonce) === "cancelled") this.#journal.break("answered after it was cancelled", nonce, "");
    else return this.#judge(nonce, readAnswer(message), tookMs);
    return 0;
  }

  #judge(nonce: number, answer: Answer, tookMs: number): number {
    if (answer.kind === "failed") return this.#failed(nonce, answer);
    if (answer.kind === "ok") {
      if (answer.text !== String(this.#journal.nonceOf(nonce))) this.#journal.break("another call's answer", nonce, answer.text);
      this.latencies[this.#journal.roleOf(nonce)]?.push(tookMs);
      this.#journal.end(nonce, "ok");
    } else {
      this.#journal.break("an answer of no known form", nonce, answer.text);
      this.#journal.end(nonce, "failed");
    }
    return 0;
  }

  #failed(nonce: number, { code, claim, retryAfterMs, text }: Extract<Answer, { kind: "failed" }>): number {
    const role = ROLES[this.#journal.roleOf(nonce)];
    const name = `${role?.name} ${code}`;
    this.#journal.end(nonce, "failed", claim, code);
    this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
    const explained = !role?.calm && !NEVER.has(code) && (code !== "not_found" || role?.name === GUEST);
    if (!explained) this.#journal.break("a failure that no fault explains", nonce, `${name}: ${text}`);
    return code === "not_found" ? AWAY_MS : retryAfterMs;
  }
}
