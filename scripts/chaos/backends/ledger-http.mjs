// @ts-check
// The ledger over plain node:http: both eras, sessions for the legacy one, every seventh answer as a stream of events, and
// every way of failing that backstage may ask for. Prints its URL when it listens.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { behaviour, behaviourMs, execute, isSlow, obeyBackstage, replyTo } from "./ledger.mjs";

const SLOW_MS = 120;
const STREAMED = 7;
/** @type {Set<string>} */
const sessions = new Set();
let served = 0;

/**
 * @typedef {import("node:http").ServerResponse} Response
 * @typedef {{ id?: string | number, method?: string, params?: Record<string, any> }} Message
 */

/** @type {Record<string, (response: Response, message: Message) => void>} */
const MISDEEDS = {
  reset_before: (response) => response.socket?.resetAndDestroy(),
  reset_after: (response, message) => {
    execute(message);
    response.socket?.resetAndDestroy();
  },
  truncated: (response, message) => {
    execute(message);
    response.writeHead(200, { "content-type": "application/json", "content-length": 500 }).write('{"jsonrpc":"2.0",');
    setTimeout(() => response.destroy(), 5);
  },
  garbage: (response, message) => {
    execute(message);
    response.writeHead(200, { "content-type": "application/json" }).end("\u0000<html>}{");
  },
  wrong_id: (response, message) => {
    execute(message);
    json(response, 200, { ...replyTo(message), id: `not-${message.id}` });
  },
  broken_stream: (response, message) => {
    execute(message);
    response.writeHead(200, { "content-type": "text/event-stream" }).end(": no answer here\n\n");
  },
  failed_500: (response, message) => {
    if (served % 2 === 0) execute(message);
    response.writeHead(500).end("broken");
  },
  busy_503: (response) => response.writeHead(503).end("busy"),
  pushback_429: (response) => response.writeHead(429, { "retry-after": served % 2 === 0 ? "1" : "soon" }).end(),
  rpc_error: (response, message) => {
    execute(message);
    json(response, 200, { jsonrpc: "2.0", id: message.id, error: { code: -32603, message: "It broke at the end" } });
  },
  late: (response, message) => {
    execute(message);
    setTimeout(() => respond(response, message), behaviourMs());
  },
  late_25s: (response, message) => {
    execute(message);
    setTimeout(() => respond(response, message), 25_000);
  },
  hang: (_response, message) => execute(message),
};

/**
 * @param {Response} response
 * @param {Message} message
 */
function respond(response, message) {
  const reply = replyTo(message);
  if (!reply) return response.writeHead(202).end();
  served += 1;
  if (served % STREAMED !== 0 || message.method !== "tools/call") return json(response, "error" in reply ? 404 : 200, reply);
  return response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(reply)}\n\n`);
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {object} reply
 */
function json(response, status, reply) {
  const body = Buffer.from(JSON.stringify(reply));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
}

/**
 * Whether a request of the legacy era belongs to a session we know; begins one with `initialize`.
 * @param {import("node:http").IncomingMessage} request
 * @param {Response} response
 * @param {Message} message
 */
function hasSession(request, response, message) {
  if (message.params?.["_meta"]?.["io.modelcontextprotocol/protocolVersion"] || message.method === "server/discover") return true;
  if (message.method !== "initialize") return sessions.has(String(request.headers["mcp-session-id"]));
  const session = randomUUID();
  sessions.add(session);
  response.setHeader("mcp-session-id", session);
  return true;
}

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(request.method === "DELETE" ? 200 : 405, { allow: "POST, DELETE" }).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => undefined);
  request.on("end", () => {
    /** @type {Message} */
    const message = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const misdeed = message.id === undefined ? undefined : MISDEEDS[behaviour()];
    if (misdeed) return misdeed(response, message);
    if (!hasSession(request, response, message)) return response.writeHead(404).end();
    execute(message);
    if (isSlow(message)) return setTimeout(() => respond(response, message), SLOW_MS);
    return respond(response, message);
  });
});
server.keepAliveTimeout = 5_000;
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
obeyBackstage(() => sessions.clear());
