// @ts-check
// The same MCP server as http-backend.mjs, over stdin and stdout.
import { answer } from "./answer.mjs";

let rest = "";
process.stdin.setEncoding("utf8").on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  const replies = lines.filter(Boolean).map((line) => answer(JSON.parse(line)));
  const out = replies.filter(Boolean).map((reply) => `${JSON.stringify(reply)}\n`);
  if (out.length > 0) process.stdout.write(out.join(""));
});
