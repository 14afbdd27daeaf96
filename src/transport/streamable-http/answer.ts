import type { Readable } from "node:stream";
import type { GatewayError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import type { RawResult } from "../../model/raw-result.ts";
import type { Clock } from "../../time/clock.ts";
import { parseMessage, type RequestId, type RpcMessage } from "../../wire/json-rpc.ts";
import { scanAnswer } from "../../wire/scan-answer.ts";
import { answerOverLimit } from "../answer-over-limit.ts";
import { type HttpAnswer, mediaTypeOf, type WholeAnswer } from "./http-answer.ts";
import { brokenAnswer, fromHttpError, tooLarge } from "./http-errors.ts";
import { discard } from "./http-pool.ts";
import { SseDecoder, SseOverflow } from "./sse-decoder.ts";

/** How much a backend may send; beyond it the answer is refused and its connection closed. */
export interface AnswerLimits {
  /** One JSON body, or one event of a stream. */
  readonly messageBytes: number;
  /** One stream of events from its beginning to its end. */
  readonly streamBytes: number;
  readonly streamEvents: number;
}

/** Takes what an answer brings. */
export interface AnswerSink {
  deliver(message: RpcMessage): void;
  /** Whether a result may come unread, to `deliverRaw`. */
  readonly takesRaw?: boolean | undefined;
  deliverRaw?(result: RawResult): void;
}

/** What the reader of an answer has to know. */
export interface AnswerContext {
  readonly backend: string;
  readonly clock: Clock;
  /** The request the answer belongs to; undefined for a stream of notifications, which carries no responses. */
  readonly id: RequestId | undefined;
  readonly limits: AnswerLimits;
  readonly sink: AnswerSink;
}

/** How a stream of events ended. */
export interface StreamEnd {
  readonly answered: boolean;
  readonly events: number;
  readonly lastEventId: string | undefined;
  readonly retryMs: number | undefined;
  /** Why it broke off, if it did not end by itself. */
  readonly error?: GatewayError;
}

/** How long a backend may take to end a stream after its response; longer costs it the connection. */
const TAIL_MS = 1_000;

/** Whether an answer is a stream of events. */
export const isEventStream = ({ headers }: HttpAnswer): boolean => mediaTypeOf(headers) === "text/event-stream";

/** Reads a JSON body and delivers the response in it; throws `upstream_protocol` or `answer_over_limit` when it is anything else. */
export function readJsonAnswer({ body }: WholeAnswer, context: AnswerContext): void {
  const message = readMessage(body, context);
  if ("method" in message) throw brokenAnswer(context.backend, "is no response");
  context.sink.deliver(message);
}

/**
 * Reads a stream of events and delivers its messages, at most one a turn: the SDK handles a response at once but a
 * notification one microtask later, so a response must not overtake the progress before it. Resolves when the response has
 * been delivered or the stream has ended; throws `upstream_protocol` or `answer_over_limit` for a message that must not be there.
 */
export async function readEventStream(answer: HttpAnswer, context: AnswerContext): Promise<StreamEnd> {
  const { backend, limits } = context;
  const decoder = new SseDecoder(limits.messageBytes);
  let [bytes, events] = [0, 0];
  const end = (answered: boolean, error?: GatewayError): StreamEnd => {
    const { lastEventId, retryMs } = decoder;
    return { answered, events, lastEventId, retryMs, ...(error && { error }) };
  };
  try {
    for await (const chunk of chunksOf(answer.body)) {
      bytes += chunk.length;
      for (const event of decoder.push(chunk)) {
        events += 1;
        if (event.type !== "message") continue;
        if (deliveredRaw(event.data, context.id, context.sink) || deliveredResponse(event.data, context)) {
          leaveTail(answer.body, context.clock);
          return end(true);
        }
        await null;
      }
      if (bytes > limits.streamBytes || events > limits.streamEvents) throw brokenAnswer(backend, "goes on without a response");
    }
    return end(false);
  } catch (error) {
    discard(answer.body);
    if (error instanceof SseOverflow) throw tooLarge(backend, limits.messageBytes);
    const failure = fromHttpError(error, backend, "perhaps");
    if (failure.code !== "unavailable") throw failure;
    return end(false, failure);
  }
}

/** True if the text is the response, of a kind that goes on unread. */
export function deliveredRaw(text: Buffer, id: RequestId | undefined, sink: AnswerSink): boolean {
  const answer = sink.takesRaw === true ? scanAnswer(text) : undefined;
  if (!answer || answer.id !== id) return false;
  sink.deliverRaw?.(answer.result);
  return true;
}

/** True if the message in the text was the response. */
function deliveredResponse(text: Buffer, context: AnswerContext): boolean {
  const message = readMessage(text, context);
  context.sink.deliver(message);
  return !("method" in message);
}

function readMessage(text: Buffer, { backend, id }: AnswerContext): RpcMessage {
  const parsed = parseMessage(text);
  if (parsed.kind === "invalid" && parsed.tooDeep) throw answerOverLimit(lowerFirst(parsed.error.message), backend);
  if (parsed.kind === "invalid") throw brokenAnswer(backend, `holds no valid message: ${lowerFirst(parsed.error.message)}`);
  if (parsed.kind !== "response") return parsed.message;
  if (id === undefined) throw brokenAnswer(backend, "brings a response nobody waits for");
  if (parsed.message.id !== id) throw brokenAnswer(backend, "answers another request than the one that was sent");
  if ("result" in parsed.message && !isMeta(parsed.message.result["_meta"]))
    throw brokenAnswer(backend, "has a _meta that is no object");
  return parsed.message;
}

/** The SDK drops a result with any other `_meta` without a word, and its caller would wait for ever. */
const isMeta = (meta: unknown): boolean => meta === undefined || isJsonObject(meta);

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** A body's chunks; leaving the loop early does not destroy the body. */
const chunksOf = (body: Readable): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }),
});

/** Lets a body nobody needs any more end by itself, for at most one second, so that its connection can serve again. */
export function leaveTail(body: HttpAnswer["body"], clock: Clock): void {
  const timer = clock.after(TAIL_MS, () => discard(body)).unref();
  body.on("error", () => {}); // the response is here; how the rest ends is nobody's
  body.once("close", () => timer[Symbol.dispose]());
  body.resume();
}
