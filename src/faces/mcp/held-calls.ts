import { createHash, randomBytes } from "node:crypto";
import { GatewayError } from "../../model/errors.ts";
import { canonicalJson, type JsonObject } from "../../model/json.ts";
import type { Clock, Timer } from "../../time/clock.ts";
import { failureToResult } from "./failure-to-result.ts";
import { HeldCall, type Round, type StartCall } from "./held-call.ts";

const MOST_HELD = 128;
/** As long as the longest call, so that one that lasts is never dropped. */
const HELD_MS = 600_000;

/** One request of the host for a call that may ask it something. */
export interface HostRequest {
  readonly name: string;
  readonly args: JsonObject;
  readonly requestState: string | undefined;
  readonly inputResponses: JsonObject | undefined;
  readonly round: Round;
}

interface Held {
  readonly call: HeldCall;
  /** Digest of what was called: a state goes on with that and nothing else. */
  readonly request: string;
  readonly timer: Timer;
}

/**
 * The calls that wait for answers of their host, each under a state that nobody can guess and that serves once. Kept in memory,
 * so they end with this process; bounded in number and age.
 */
export class HeldCalls implements Disposable {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  /** Tells our states from those of backends, another gateway of this kind among them. */
  readonly #mark = `sallyport:${token(9)}:`;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many calls wait for their host. */
  get size(): number {
    return this.#held.size;
  }

  /** Begins a call, or goes on with the one the state names; gives back its result, or what the host is to answer first. */
  async run(request: HostRequest, start: StartCall): Promise<JsonObject> {
    const { requestState, inputResponses, round } = request;
    if (requestState?.startsWith(this.#mark) !== true) return await this.#advance(new HeldCall(start, round), request);
    const held = this.#held.get(requestState);
    if (held?.request !== digestOf(request)) return failureToResult(notHeld());
    this.#drop(requestState, held);
    return await this.#advance(held.call, request, inputResponses);
  }

  /** Ends every call that waits: the host is gone. */
  [Symbol.dispose](): void {
    for (const [state, held] of this.#held) {
      this.#drop(state, held);
      held.call.end(new GatewayError("cancelled", "Call ended: the host has left before it answered"));
    }
  }

  async #advance(call: HeldCall, request: HostRequest, answers?: JsonObject): Promise<JsonObject> {
    const progress = await call.goOn(request.round, answers);
    if ("result" in progress) return progress.result;
    if (this.#held.size >= MOST_HELD) this.#makeRoom();
    if (this.#held.size < MOST_HELD) return this.#hold(call, digestOf(request), progress.questions);
    call.end(tooMany());
    return await this.#advance(call, request);
  }

  #hold(call: HeldCall, request: string, inputRequests: JsonObject): JsonObject {
    const requestState = `${this.#mark}${token(24)}`;
    const timer = this.#clock.after(HELD_MS, () => {
      this.#held.delete(requestState);
      call.end(new GatewayError("deadline_exceeded", "Call ended: the host did not answer in time"));
    });
    this.#held.set(requestState, { call, request, timer: timer.unref() });
    return { resultType: "input_required", inputRequests, requestState };
  }

  /** The oldest call that has ended meanwhile: its result has waited longest. */
  #makeRoom(): void {
    const oldest = [...this.#held].find(([, { call }]) => call.isFinished);
    if (oldest) this.#drop(...oldest);
  }

  #drop(state: string, { timer }: Held): void {
    timer[Symbol.dispose]();
    this.#held.delete(state);
  }
}

const token = (bytes: number): string => randomBytes(bytes).toString("base64url");

const digestOf = ({ name, args }: HostRequest): string =>
  createHash("sha256")
    .update(canonicalJson([name, args]))
    .digest("base64url");

const notHeld = (): GatewayError =>
  new GatewayError("not_found", "Cannot go on with this call: its requestState is used up, too old, or of another call", {
    hint: "Call again without inputResponses and requestState",
  });

const tooMany = (): GatewayError =>
  new GatewayError("resource_exhausted", `Cannot ask the host: ${MOST_HELD} calls wait for its answers already`, {
    hint: "Answer or cancel some of them first",
  });
