// @ts-check
// The same MCP server as http-backend.mjs, over stdin and stdout.
import { answer } from "./answer.mjs";
import { payloadAnswer } from "./payload.mjs";

let rest = "";
process.stdin.setEncoding("utf8").on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  const messages = lines.filter(Boolean).map((line) => JSON.parse(line));
  const replies = messages.filter((message) => !writePayload(message)).map(answer);
  const out = replies.filter(Boolean).map((reply) => `${JSON.stringify(reply)}\n`);
  if (out.length > 0) process.stdout.write(out.join(""));
});

/** @param {object} message */
function writePayload(message) {
  const payload = payloadAnswer(message);
  if (!payload) return false;
  process.stdout.cork();
  process.stdout.write(payload);
  process.stdout.write("\n");
  process.stdout.uncork();
  return true;
}
