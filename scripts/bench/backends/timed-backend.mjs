// @ts-check
// The MCP server of http-backend.mjs for start measurements: its tool tells when it began, listened and first answered, in
// milliseconds of the wall clock, which a container shares with its host. Listens on $PORT, else on the socket $SOCKET.
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import { performance } from "node:perf_hooks";
import { answer } from "./answer.mjs";

const now = () => performance.timeOrigin + performance.now();
const marks = { begun: performance.timeOrigin, listening: 0, answered: 0 };

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method !== "POST") {
      response.writeHead(405, { allow: "POST" }).end();
      return;
    }
    const message = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (message.method === "tools/call") message.params.arguments = { text: JSON.stringify(marks) };
    const reply = answer(message);
    response.writeHead(reply ? 200 : 202, { "content-type": "application/json" });
    response.end(reply && JSON.stringify(reply));
    marks.answered ||= now();
  });
});
const { PORT, SOCKET } = process.env;
server.listen(SOCKET ?? Number(PORT ?? 3000), () => {
  if (SOCKET) chmodSync(SOCKET, 0o777); // the gateway is another user than the container's
  marks.listening = now();
});
