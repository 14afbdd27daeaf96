import type { GatewayError } from "../../model/errors.ts";
import type { Signal } from "../../model/signal.ts";
import type { Clock } from "../../time/clock.ts";
import { type LinkedSignal, linkSignal } from "../../time/linked-signal.ts";
import type { RpcMessage } from "../../wire/json-rpc.ts";
import { keepOpen } from "../keep-open.ts";
import { isEventStream, readEventStream } from "./answer.ts";
import { brokenAnswer } from "./http-errors.ts";
import { discard, type HttpPool } from "./http-pool.ts";
import type { Session } from "./session.ts";

export interface StandingStreamParts {
  readonly backend: string;
  readonly clock: Clock;
  readonly pool: HttpPool;
  readonly session: Session;
  readonly messageBytes: number;
  readonly deliver: (message: RpcMessage) => void;
}

/** How long the first request waits for the stream, on which questions may come that belong to none. */
const OPEN_MS = 1_000;

/** The legacy era's GET stream of one conversation, from each of its sessions to the next. */
export class StandingStream {
  readonly #parts: StandingStreamParts;
  readonly #life: Signal;
  #current: LinkedSignal | undefined;

  constructor(parts: StandingStreamParts, life: Signal) {
    this.#parts = parts;
    this.#life = life;
  }

  /**
   * Opens it for a new session, if the backend may use it. One that may ask is given time to offer it before anything else is
   * sent: many drop a question for which there is no stream. Never rejects.
   */
  async open(over: GatewayError): Promise<void> {
    const { clock, session } = this.#parts;
    this.#current?.abort(over);
    this.#current?.[Symbol.dispose]();
    if (!session.speaksUnasked || this.#life.aborted) return;
    const stream = linkSignal(this.#life);
    this.#current = stream;
    await new Promise<void>((resolve) => {
      const timer = session.asksUnasked ? clock.after(OPEN_MS, resolve) : undefined;
      const settled = (): void => {
        timer?.[Symbol.dispose]();
        resolve();
      };
      void hold(this.#parts, stream.signal, settled);
      if (!timer) resolve();
    });
  }
}

/**
 * Holds the stream open until the signal aborts, taking it up after its last event when it breaks off. Gives up for good when
 * the backend offers no such stream, or after five attempts in a row that brought nothing. `onSettled` is called whenever the
 * backend has said whether it offers it. Never rejects.
 */
function hold(parts: StandingStreamParts, signal: Signal, onSettled: () => void): Promise<void> {
  const { backend, clock, pool, session, deliver } = parts;
  const limits = { messageBytes: parts.messageBytes, streamBytes: Infinity, streamEvents: Infinity };
  let lastEventId: string | undefined;
  return keepOpen(clock, signal, async () => {
    const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const headers = { ...session.headers, accept: "text/event-stream", ...resume };
    const answer = await pool.request({ method: "GET", headers, signal }).finally(onSettled);
    if (answer.statusCode === 405) {
      discard(answer.body);
      return "not offered";
    }
    if (answer.statusCode !== 200 || !isEventStream(answer)) {
      discard(answer.body);
      throw brokenAnswer(backend, "is no stream of notifications");
    }
    const end = await readEventStream(answer, { backend, clock, id: undefined, limits, sink: { deliver } });
    lastEventId = end.lastEventId ?? lastEventId;
    return { fruitful: end.events > 0, retryMs: end.retryMs };
  });
}
