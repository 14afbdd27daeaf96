import type { CallOutcome, ErrorCode } from "../../../src/model/errors.ts";
import type { Era } from "../../../src/model/ports.ts";
import { type Behaviour, event, flooding, gzipped, raw, resultFor, rpcError, sse, status } from "../../support/scripted-http.ts";
import { GOOD } from "./flaky-http.ts";
import type { Chance } from "./seed.ts";

/** One way in which the answer of an HTTP backend goes wrong, and what has to come of it. */
export interface AnswerFault {
  readonly fault: string;
  readonly name: string;
  readonly eras?: readonly Era[];
  /** Whether the tool has run by then. */
  readonly runs: boolean;
  readonly answer: (chance: Chance) => Behaviour;
  readonly told: {
    readonly code: ErrorCode;
    readonly outcome: CallOutcome;
    readonly httpStatus?: number;
    readonly retryAfterMs?: number | undefined;
  };
  /** Which calls are sent once more. */
  readonly again: "any" | "trusted" | "none";
  readonly breaker: "fail" | "ignore" | "ok";
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const STREAM = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
const PAGE = { "content-type": "text/html" };
const lost = { code: "unavailable", outcome: "unknown" } as const;
const broken = { code: "upstream_protocol", outcome: "unknown" } as const;

/** Ends the connection by a reset after `bytes` bytes of a good answer. */
const resetAt =
  (bytes: number): Behaviour =>
  (request, response) => {
    const body = JSON.stringify(resultFor(request, GOOD));
    const text = `${HEAD}content-length: ${body.length}\r\n\r\n${body}`;
    response.socket?.write(text.slice(0, Math.min(bytes, text.length - 1)), () => response.socket?.resetAndDestroy());
  };

const resetAfter =
  (text: string): Behaviour =>
  (_request, response) =>
    void response.socket?.write(text, () => response.socket?.resetAndDestroy());

const answered =
  (edit: (text: string) => string, type = "application/json"): Behaviour =>
  (request, response) =>
    void response.writeHead(200, { "content-type": type }).end(edit(JSON.stringify(resultFor(request, GOOD))));

const failure = (fault: string, name: string, answer: AnswerFault["answer"], over: Partial<AnswerFault> = {}): AnswerFault => ({
  fault,
  name,
  answer,
  runs: true,
  told: broken,
  again: "none",
  breaker: "fail",
  ...over,
});
const refusal = (fault: string, name: string, answer: AnswerFault["answer"], over: Partial<AnswerFault>): AnswerFault =>
  failure(fault, name, answer, { runs: false, again: "none", breaker: "ignore", ...over });

/** It says nothing about the backend: what is too much for us is an answer all the same. */
const overLimit = { told: { code: "answer_over_limit", outcome: "unknown" }, breaker: "ignore" } as const;

const gone = { told: lost, again: "trusted" } as const;

/** F4: an answer that breaks off or is no answer. */
const BROKEN_ANSWERS: readonly AnswerFault[] = [
  failure("F4", "is reset before the first byte", () => resetAt(0), gone),
  failure("F4", "is reset within the head", (chance) => resetAt(chance.between(1, 40)), gone),
  failure("F4", "is reset within the body", (chance) => resetAt(chance.between(80, 120)), gone),
  failure("F4", "is closed before the first byte", () => (_request, response) => void response.socket?.end(), gone),
  failure(
    "F4",
    "is closed within a body of known length",
    (chance) => raw(`${HEAD}content-length: 500\r\n\r\n{${" ".repeat(chance.between(0, 400))}`),
    gone,
  ),
  failure("F4", "is cut short where no length is given", (chance) =>
    raw(`${HEAD}connection: close\r\n\r\n${'{"jsonrpc":"2.0","id":1,"result":{}}'.slice(0, chance.between(1, 30))}`),
  ),
  failure(
    "F4",
    "ends a chunked body within a chunk",
    () => raw(`${HEAD}transfer-encoding: chunked\r\n\r\nff\r\n{"jsonrpc"`),
    gone,
  ),
  failure("F4", "is an empty body", () => status(200, { "content-type": "application/json" })),
  failure("F4", "is a stream that ends without a response", () => sse(() => ": hello\n\n")),
  failure("F4", "is a stream that ends within an event", () => sse(() => 'data: {"jsonrpc":"2.0",')),
  failure(
    "F4",
    "is a stream that is reset within a chunk",
    () => resetAfter(`${STREAM}transfer-encoding: chunked\r\n\r\nff\r\ndata: {`),
    gone,
  ),
  failure("F4", "is a stream without a length that is reset", () => resetAfter(`${STREAM}\r\ndata: {`)),
  failure("F4", "is a stream of something else", () => sse(() => "data: [1, 2\n\n")),
  failure("F4", "is no HTTP", () => raw("hello, this is not HTTP\r\n\r\n")),
  failure("F4", "has a head without an end", () => raw(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}\r\n`)),
  failure("F4", "is no JSON", (chance) => answered((text) => text.slice(chance.between(1, 20)))),
  failure("F4", "is JSON but no JSON-RPC", () => answered(() => '{"result":{"content":[]}}')),
  failure("F4", "answers another request", () => rpcError(200, -32_000, "No", 99_999)),
  failure("F4", "is a page", () => status(200, PAGE, "<html>Sign in</html>")),
  failure("F4", "is compressed", () => gzipped(GOOD)),
  failure(
    "F4",
    "claims to be far too long",
    () => status(200, { "content-type": "application/json", "content-length": "9000000" }, " "),
    overLimit,
  ),
  failure("F4", "is far too long", () => flooding(9 * 2 ** 20), overLimit),
  failure(
    "F31",
    "is nested without end",
    () => answered((text) => text.replace('"content":[', `"x":${"[".repeat(50_000)}${"]".repeat(50_000)},"content":[`)),
    overLimit,
  ),
  failure("F36", "is a redirect", () => status(307, { location: "http://127.0.0.1:9/" }), {
    runs: false,
    told: { code: "upstream_rejected", outcome: "not_executed", httpStatus: 307 },
    breaker: "ignore",
  }),
];

const pushback = (name: string, retryAfter: string | undefined, retryAfterMs: number | undefined): AnswerFault =>
  refusal("F6", name, () => status(429, retryAfter === undefined ? {} : { "retry-after": retryAfter }), {
    again: "any",
    told: { code: "unavailable", outcome: "not_executed", httpStatus: 429, retryAfterMs },
  });

/** F6, F7: a backend that asks for fewer requests. */
const PUSHBACKS: readonly AnswerFault[] = [
  pushback("is 429 with Retry-After in seconds", "1", 1_000),
  pushback("is 429 with Retry-After 0", "0", 0),
  pushback("is 429 with a date in the past", "Wed, 21 Oct 2015 07:28:00 GMT", 0),
  pushback("is 429 with garbage in Retry-After", "soon, I hope", undefined),
  pushback("is 429 with a negative Retry-After", "-5", undefined),
  pushback("is 429 without Retry-After", undefined, undefined),
  refusal("F7", "is 503 with Retry-After", () => status(503, { "retry-after": "1" }), {
    told: { code: "unavailable", outcome: "unknown", httpStatus: 503, retryAfterMs: 1_000 },
    again: "trusted",
  }),
];

const refused = (httpStatus: number) => ({ code: "upstream_rejected", outcome: "not_executed", httpStatus }) as const;

/** F7, F8, F9: a backend that fails or refuses in the way of HTTP. */
const STATUSES: readonly AnswerFault[] = [
  ...[500, 502, 503, 504].map((code) =>
    failure("F7", `is a bare ${code}`, () => status(code, {}, "trace"), {
      told: { ...lost, httpStatus: code },
      again: "trusted",
    }),
  ),
  ...[401, 403].map((code) => refusal("F9", `is ${code}`, () => status(code), { told: refused(code) })),
  refusal("F8", "is a bare 404", () => status(404, {}, "Not Found"), { told: refused(404) }),
  refusal("F8", "is 404 with an id-matched error", () => rpcError(404, -32_601, "Method not found"), {
    told: { code: "upstream_rejected", outcome: "not_executed" },
    breaker: "ok",
  }),
  refusal("F8", "is 400 with an id-matched error", () => rpcError(400, -32_602, "Bad arguments"), {
    told: { code: "upstream_rejected", outcome: "not_executed" },
    breaker: "ok",
  }),
  refusal("F8", "is 405", () => status(405), { told: refused(405) }),
];

export const ANSWER_FAULTS: readonly AnswerFault[] = [...BROKEN_ANSWERS, ...PUSHBACKS, ...STATUSES];

/** Answers twice and late, which must cost nobody anything. */
export const twiceAnswered: Behaviour = sse(
  event((request) => resultFor(request, GOOD)),
  event((request) => resultFor(request, { content: [{ type: "text", text: "again" }] })),
);
