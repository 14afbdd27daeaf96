// @ts-check
// A fast MCP server over plain node:http, both eras, no sessions, JSON answers only. Prints its URL when it listens; in a container it
// listens on the unix socket of SOCKET.
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import { answer } from "./answer.mjs";
import { payloadAnswer } from "./payload.mjs";

/**
 * Answers with a stream: so many `lines` of progress, one every `everyMs`, each with the moment of its writing, then the result.
 * @param {any} message
 * @param {import("node:http").ServerResponse} response
 */
function drip(message, response) {
  const { lines, everyMs } = message.params.arguments;
  const progressToken = message.params._meta?.progressToken;
  /** @param {object} value */
  const write = (value) => response.write(`event: message\ndata: ${JSON.stringify(value)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  let progress = 0;
  const timer = setInterval(() => {
    progress += 1;
    const at = performance.timeOrigin + performance.now();
    write({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken, progress, total: lines, message: `at ${at}` },
    });
    if (progress < lines) return;
    clearInterval(timer);
    const reply = answer(message);
    if (reply) write(reply);
    response.end();
  }, everyMs);
}

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(405, { allow: "POST" }).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const message = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (message.params?.arguments?.lines !== undefined) {
      drip(message, response);
      return;
    }
    const payload = payloadAnswer(message);
    const reply = payload ? {} : answer(message);
    if (!reply) {
      response.writeHead(202).end();
      return;
    }
    const body = payload ?? Buffer.from(JSON.stringify(reply));
    response.writeHead("error" in reply ? 404 : 200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
const { SOCKET } = process.env;
server.listen(SOCKET ? { path: SOCKET } : { port: 0, host: "127.0.0.1" }, () => {
  const address = server.address();
  if (SOCKET)
    chmodSync(SOCKET, 0o777); // the gateway is another user than the container's
  else if (address !== null && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
if (!SOCKET) process.stdin.resume().on("end", () => process.exit(0)); // gone with the benchmark that started it
