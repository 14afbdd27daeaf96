import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../src/model/json.ts";
import { ROLES } from "./cast.ts";
import type { Host } from "./host.ts";
import type { Journal, Tool } from "./journal.ts";
import { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

export interface LoadOptions {
  readonly journal: Journal;
  readonly tally: Tally;
  /** Requests to make, repeats under an idempotency key included. */
  readonly calls: number;
  /** Stop after so many seconds even if there are calls left. */
  readonly seconds: number;
  readonly inFlight: number;
  /** Calls a second; without it as many as `inFlight` allows. */
  readonly perSecond?: number | undefined;
  readonly seed: number;
}

const SHARES = { slow: 0.03, read: 0.3, cancelled: 0.05, repeated: 0.01, meta: 0.005, impatient: 0.1 };
const CANCEL_WITHIN_MS = 40;
/** Calls of one backend in flight: a hung one must not take all places of the play. */
const PER_BACKEND = 24;
const LONGEST_REST_MS = 500;
/** The gateway remembers 1,000 keys for 10 minutes; a run stays below that. */
const MOST_KEYS = 800;
const TICK_MS = 5;
/** Keeps calls in flight, cancels some, and checks each answer as it comes. */
export class Load {
  readonly #options: LoadOptions;
  readonly #host: Host;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #began = performance.now();
  readonly #startedAt = new Map<number, number>();
  readonly #busy = ROLES.map(() => 0);
  readonly #restUntil = ROLES.map(() => 0);
  readonly metaLatencies: number[] = [];
  crossed = 0;
  #keys = 0;
  #metaInFlight = 0;

  constructor(host: Host, options: LoadOptions) {
    this.#host = host;
    this.#options = options;
    this.#journal = options.journal;
    this.#random = new Random(options.seed);
  }

  /** Makes the calls; `onLast` hears when the last one is made. Resolves when all have ended, `patienceMs` later at most. */
  async play(onLast: () => void, patienceMs: number): Promise<void> {
    while (!this.#isOver()) {
      this.#pump();
      await pause(TICK_MS);
    }
    onLast();
    for (const until = performance.now() + patienceMs; this.#isBusy() && performance.now() < until; ) await pause(TICK_MS);
  }

  /** Takes the answer to a call; everything that can be judged at once is. */
  answered(nonce: number, message: JsonObject): void {
    const restMs = this.#options.tally.answered(nonce, message, performance.now() - (this.#startedAt.get(nonce) ?? 0));
    if (restMs > 0) this.#restUntil[this.#journal.roleOf(nonce)] = performance.now() + Math.min(restMs, LONGEST_REST_MS);
    this.#free(nonce);
  }

  #isBusy(): boolean {
    return this.#startedAt.size > 0 || this.#metaInFlight > 0;
  }

  get #secondsSoFar(): number {
    return (performance.now() - this.#began) / 1_000;
  }

  #isOver(): boolean {
    return this.#journal.opened >= this.#options.calls || this.#secondsSoFar >= this.#options.seconds;
  }

  #pump(): void {
    const { inFlight, perSecond } = this.#options;
    const due = perSecond === undefined ? Number.POSITIVE_INFINITY : this.#secondsSoFar * perSecond;
    while (this.#startedAt.size < inFlight && this.#journal.opened < due && !this.#isOver()) {
      if (this.#random.next() < SHARES.meta) void this.#askMeta();
      const role = this.#chooseRole();
      if (role === undefined) return;
      this.#call(role);
    }
  }

  /** A random backend that is not resting and has room; the next one in the list if it is not fit. */
  #chooseRole(): number | undefined {
    const first = this.#random.between(0, ROLES.length - 1);
    const impatient = this.#random.next() < SHARES.impatient;
    const now = performance.now();
    const fit = (role: number) => (this.#busy[role] ?? 0) < PER_BACKEND && (impatient || (this.#restUntil[role] ?? 0) <= now);
    return ROLES.map((_, step) => (first + step) % ROLES.length).find(fit);
  }

  #chooseTool(): Tool {
    const die = this.#random.next();
    if (die < SHARES.slow) return "slow";
    return die < SHARES.slow + SHARES.read ? "read" : "append";
  }

  #call(role: number): void {
    const tool = this.#chooseTool();
    const nonce = this.#journal.open(role, tool);
    const twice = this.#keys < MOST_KEYS && this.#journal.opened < this.#options.calls && this.#random.next() < SHARES.repeated;
    this.#send(nonce, role, tool, twice);
    if (twice) {
      this.#keys += 1;
      this.#send(this.#journal.openRepeat(nonce), role, tool, true);
    } else if (this.#random.next() < SHARES.cancelled)
      setTimeout(() => void this.#cancel(nonce), this.#random.next() * CANCEL_WITHIN_MS);
  }

  #send(request: number, role: number, tool: Tool, keyed: boolean): void {
    const nonce = this.#journal.nonceOf(request);
    this.#startedAt.set(request, performance.now());
    this.#busy[role] = (this.#busy[role] ?? 0) + 1;
    const call = { tool: `${ROLES[role]?.name}/${tool}`, arguments: { text: String(nonce) } };
    const key = keyed ? { idempotencyKey: `key-${nonce}` } : {};
    this.#host.send(request, "tools/call", { name: "invoke", arguments: { ...call, ...key } });
  }

  /** The answer to a ping sent behind the cancellation is the moment after which no answer may come. */
  async #cancel(nonce: number): Promise<void> {
    if (!this.#startedAt.has(nonce)) return;
    this.#host.notify("notifications/cancelled", { requestId: nonce });
    await this.#host.ask("ping", {});
    if (this.#journal.fateOf(nonce) === "pending") this.#journal.end(nonce, "cancelled");
    else this.crossed += 1;
    this.#free(nonce);
  }

  #free(nonce: number): void {
    if (!this.#startedAt.delete(nonce)) return;
    const role = this.#journal.roleOf(nonce);
    this.#busy[role] = (this.#busy[role] ?? 0) - 1;
    this.#pump();
  }

  /** `discover` and `status` need no backend and must always answer. */
  async #askMeta(): Promise<void> {
    const discover = this.#random.next() < 0.5;
    const params = discover ? { name: "discover", arguments: { query: "add a line" } } : { name: "status", arguments: {} };
    const began = performance.now();
    this.#metaInFlight += 1;
    const { result, error } = await this.#host.ask("tools/call", params);
    this.#metaInFlight -= 1;
    this.metaLatencies.push(performance.now() - began);
    const failed = error !== undefined || (result as JsonObject)["isError"] === true;
    if (failed) this.#journal.break(`${params.name} failed`, -1, JSON.stringify(error ?? result));
    this.#pump();
  }
}
