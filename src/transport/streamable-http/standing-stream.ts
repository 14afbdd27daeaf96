import type { Clock } from "../../time/clock.ts";
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

/**
 * Holds the legacy era's GET stream of notifications open until the signal aborts, taking it up after its last event when it
 * breaks off. Gives up for good when the backend offers no such stream, or after five attempts in a row that brought nothing.
 */
export function holdStandingStream(parts: StandingStreamParts, signal: AbortSignal): Promise<void> {
  const { backend, clock, pool, session, deliver } = parts;
  const limits = { messageBytes: parts.messageBytes, streamBytes: Infinity, streamEvents: Infinity };
  let lastEventId: string | undefined;
  return keepOpen(clock, signal, async () => {
    const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const headers = { ...session.headers, accept: "text/event-stream", ...resume };
    const answer = await pool.request({ method: "GET", headers, signal });
    if (answer.statusCode === 405) {
      discard(answer.body);
      return "not offered";
    }
    if (answer.statusCode !== 200 || !isEventStream(answer)) {
      discard(answer.body);
      throw brokenAnswer(backend, "is no stream of notifications");
    }
    const end = await readEventStream(answer, { backend, clock, id: undefined, limits, deliver });
    lastEventId = end.lastEventId ?? lastEventId;
    return { fruitful: end.events > 0, retryMs: end.retryMs };
  });
}
