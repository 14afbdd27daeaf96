// @ts-check
// One HTTP server that is many MCP servers: at /NUMBER/COUNT one with so many tools of its own. Prints its address when it listens.
import { createServer } from "node:http";
import { answer } from "./answer.mjs";

const VERBS = ["list", "get", "create", "update", "delete", "search", "export", "archive", "share", "count"];
const THINGS = [
  "issue",
  "invoice",
  "branch",
  "calendar event",
  "document",
  "message",
  "customer",
  "deployment",
  "metric",
  "folder",
];
const PLACES = ["project", "team", "account", "workspace", "region", "mailbox", "pipeline", "board", "store", "cluster"];

/**
 * @param {number} server
 * @param {number} count
 */
function toolsOf(server, count) {
  return Array.from({ length: count }, (_, at) => {
    const [verb, thing] = [VERBS[at % 10], THINGS[(server + Math.floor(at / 10)) % 10]];
    const place = PLACES[(server * 7 + at) % 10];
    return {
      name: `${verb}_${thing}_${at}`.replaceAll(" ", "_"),
      description: `${verb} the ${thing}s of a ${place}. Answers with one ${thing} a line, newest first, and a cursor for the next page.`,
      inputSchema: {
        type: "object",
        properties: {
          [`${place}Id`]: { type: "string", description: `The ${place} to look in` },
          limit: { type: "integer", description: `How many ${thing}s at most` },
          cursor: { type: "string", description: "Where the last page ended" },
        },
        required: [`${place}Id`],
      },
    };
  });
}

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const message = request.method === "POST" ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : {};
    /** @type {any} */
    const reply = answer(message);
    if (!reply) {
      response.writeHead(request.method === "POST" ? 202 : 405).end();
      return;
    }
    const [, number, count] = /^\/(\d+)\/(\d+)$/.exec(request.url ?? "") ?? [];
    if (message.method === "tools/list") reply.result.tools = toolsOf(Number(number), Number(count));
    response.writeHead("error" in reply ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(reply));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
process.stdin.resume().on("end", () => process.exit(0)); // gone with the benchmark that started it
