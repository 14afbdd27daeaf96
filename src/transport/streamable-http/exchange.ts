import type { GatewayError } from "../../model/errors.ts";
import type { Signal } from "../../model/signal.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import type { RequestEncoder } from "../../wire/encode-request.ts";
import { errorResponse, type RpcMessage, type RpcRequest } from "../../wire/json-rpc.ts";
import {
  type AnswerContext,
  type AnswerLimits,
  type AnswerSink,
  deliveredRaw,
  isEventStream,
  readEventStream,
  readJsonAnswer,
  type StreamEnd,
} from "./answer.ts";
import { claimedRevision, POST_HEADERS } from "./headers.ts";
import { type HttpAnswer, isWhole, type WholeAnswer } from "./http-answer.ts";
import { brokenAnswer } from "./http-errors.ts";
import { discard, type HttpPool } from "./http-pool.ts";
import { readRefusal, refusalError } from "./http-status.ts";
import type { Session } from "./session.ts";

/** What every exchange with one backend shares. */
export interface ExchangeParts {
  readonly backend: string;
  readonly clock: Clock;
  readonly pool: HttpPool;
  readonly session: Session;
  readonly maxMessageBytes: number;
  readonly encoder: RequestEncoder;
}

/** One request, the headers it brings along, and where the messages of its answer go. */
export interface Ask extends AnswerSink {
  readonly request: RpcRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: Signal;
}

/** The backend has forgotten the session a request named, and did not look at the request. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
  /** The session that is gone. */
  readonly session: string;

  constructor(session: string, cause: GatewayError) {
    super(cause.message, { cause });
    this.session = session;
  }
}

const MAX_STREAM_BYTES = 64 * 2 ** 20;
const MAX_STREAM_EVENTS = 10_000;
const MAX_RESUMES = 5;
const RESUME = { usualMs: 1_000, minMs: 50, maxMs: 60_000 };

/** Told once, for which ask, that its response has been delivered, or why there is none. */
export type ExchangeEnd<A extends Ask = Ask> = (ask: A, failure?: unknown) => void;

/**
 * Posts one request and delivers what comes back, until its response is delivered. Tells a SessionLost, a GatewayError, an
 * SdkHttpError for a refusal that may be a matter of the protocol era, or the signal's reason. Throws only for an argument that
 * cannot be a header.
 */
export function startExchange<A extends Ask>(parts: ExchangeParts, ask: A, end: ExchangeEnd<A>): void {
  const { request, signal } = ask;
  const { session } = parts;
  const sessionId = request.method === "initialize" ? undefined : session.id;
  const body = parts.encoder.encode(request);
  parts.pool.ask({ method: "POST", headers: headersOf(parts, ask), body, signal }, parts.maxMessageBytes, (answer, failure) => {
    if (!answer) end(ask, failure);
    else if (isWhole(answer)) endWhole(parts, ask, answer, end);
    else
      readInPieces(parts, ask, answer, sessionId).then(
        () => end(ask),
        (reason: unknown) => end(ask, reason),
      );
  });
}

/** The same by a promise. */
export const exchange = (parts: ExchangeParts, ask: Ask): Promise<void> =>
  new Promise((resolve, reject) => {
    startExchange(parts, ask, (_ask, failure) => (failure === undefined ? resolve() : reject(failure)));
  });

/** As one object, and the same again as long as nothing of its own is added: it need not be put together again. */
function headersOf({ session }: ExchangeParts, { request, headers }: Ask): Readonly<Record<string, string>> {
  const { method, params } = request;
  const modern = session.modernHeaders.of(method, params);
  const first = method === "initialize";
  if (!first && Object.keys(headers).length === 0) return modern ?? session.postHeaders;
  return { ...(first ? {} : session.headers), ...modern, ...headers, ...POST_HEADERS };
}

function endWhole<A extends Ask>(parts: ExchangeParts, ask: A, answer: WholeAnswer, end: ExchangeEnd<A>): void {
  try {
    if (ask.request.method === "initialize") parts.session.begin(ask.request, answer);
    if (!deliveredRaw(answer.body, ask.request.id, ask)) readJsonAnswer(answer, answerContext(parts, ask));
  } catch (failure) {
    end(ask, failure);
    return;
  }
  end(ask);
}

async function readInPieces(parts: ExchangeParts, ask: Ask, answer: HttpAnswer, session: string | undefined): Promise<void> {
  if (answer.statusCode >= 300) return refused(parts, ask, answer, session);
  if (ask.request.method === "initialize") parts.session.begin(ask.request, answer);
  if (isEventStream(answer)) return readStream(parts, ask, answer);
  discard(answer.body);
  throw brokenAnswer(parts.backend, "is neither JSON nor a stream of events");
}

async function refused(parts: ExchangeParts, ask: Ask, answer: HttpAnswer, session: string | undefined): Promise<void> {
  const { id } = ask.request;
  const refusal = await readRefusal(answer, parts.clock.wallTime());
  const error = refusalError(parts.backend, refusal);
  if (session !== undefined && parts.session.isLost(refusal, id)) throw new SessionLost(session, error.gateway);
  const isAnswer = refusal.rpc?.id === id && (refusal.status === 400 || refusal.status === 404);
  if (!isAnswer || !refusal.rpc) throw error.thrown;
  ask.deliver(errorResponse(id, refusal.rpc.error));
}

/** A legacy stream that broke off is taken up after its last event; a modern one is not resumable. */
async function readStream(parts: ExchangeParts, ask: Ask, answer: HttpAnswer): Promise<void> {
  const context = answerContext(parts, ask);
  const resumable = claimedRevision(ask.request.params) === undefined;
  let end = await readEventStream(answer, context);
  for (let fruitless = 0; !end.answered; ) {
    ask.signal.throwIfAborted();
    if (!resumable || end.lastEventId === undefined || fruitless >= MAX_RESUMES) throw brokenOff(parts.backend, end);
    await sleep(parts.clock, Math.min(Math.max(end.retryMs ?? RESUME.usualMs, RESUME.minMs), RESUME.maxMs), ask.signal);
    const before = end;
    const after = await resume(parts, ask, context, before);
    end = { ...after, lastEventId: after.lastEventId ?? before.lastEventId, retryMs: after.retryMs ?? before.retryMs };
    fruitless = end.events > 0 || end.lastEventId !== before.lastEventId ? 0 : fruitless + 1;
  }
}

async function resume(parts: ExchangeParts, ask: Ask, context: AnswerContext, before: StreamEnd): Promise<StreamEnd> {
  const headers = { ...parts.session.headers, accept: "text/event-stream", "last-event-id": before.lastEventId ?? "" };
  const answer = await parts.pool.request({ method: "GET", headers, signal: ask.signal });
  if (answer.statusCode === 200 && isEventStream(answer)) return readEventStream(answer, context);
  discard(answer.body);
  throw brokenOff(parts.backend, before);
}

const brokenOff = (backend: string, end: StreamEnd): GatewayError =>
  end.error ?? brokenAnswer(backend, "ends without a response");

function answerContext(parts: ExchangeParts, ask: Ask): AnswerContext {
  const { backend, clock, session, maxMessageBytes: messageBytes } = parts;
  const { id, method } = ask.request;
  const learning = {
    deliver: (message: RpcMessage): void => {
      if (!("method" in message)) session.learn(message);
      ask.deliver(message);
    },
  };
  return { backend, clock, id, limits: limitsFor(method, messageBytes), sink: method === "initialize" ? learning : ask };
}

function limitsFor(method: string, messageBytes: number): AnswerLimits {
  const endless = method === "subscriptions/listen"; // lasts as long as the conversation
  return {
    messageBytes,
    streamBytes: endless ? Infinity : Math.max(MAX_STREAM_BYTES, messageBytes),
    streamEvents: endless ? Infinity : MAX_STREAM_EVENTS,
  };
}
