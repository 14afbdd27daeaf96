// @ts-check
// A fast MCP server over plain node:http, both eras, no sessions, JSON answers only. Prints its URL when it listens.
import { createServer } from "node:http";
import { answer } from "./answer.mjs";

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(405, { allow: "POST" }).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const reply = answer(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    if (!reply) {
      response.writeHead(202).end();
      return;
    }
    const body = Buffer.from(JSON.stringify(reply));
    response.writeHead("error" in reply ? 404 : 200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
process.stdin.resume().on("end", () => process.exit(0)); // gone with the benchmark that started it
