// @ts-check
// What a gateway cannot do without, and nothing else: reads a call, sends it on, and writes the answer as it comes, unseen. Takes the URL
// of a backend, or the program of one that speaks stdio.
import { spawn } from "node:child_process";
import { Pool } from "undici";

const target = process.argv[2] ?? "";
const send = target.startsWith("http:") ? overHttp(new URL(target)) : overStdio(target);
let rest = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  let from = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, from)) {
    take(JSON.parse(text.toString("utf8", from, end)));
    from = end + 1;
  }
  rest = text.subarray(from);
});
process.stdin.on("end", () => process.exit());

/** @param {{ id: number, params: { arguments: { arguments: object } } }} message */
function take({ id, params }) {
  const call = { name: "echo", arguments: params.arguments.arguments };
  send(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: call }));
}

/** @param {URL} url */
function overHttp(url) {
  const pool = new Pool(url.origin, { connections: 48, headersTimeout: 0, bodyTimeout: 0 });
  const headers = ["content-type", "application/json", "accept", "application/json, text/event-stream"];
  return (/** @type {string} */ body) => pool.dispatch({ path: url.pathname, method: "POST", headers, body }, new Answer());
}

/** @param {string} program */
function overStdio(program) {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdout.on("data", (chunk) => process.stdout.write(chunk));
  return (/** @type {string} */ line) => child.stdin.write(`${line}\n`);
}

class Answer {
  /** @type {Buffer[]} */
  #chunks = [];

  onRequestStart() {}
  onResponseStart() {}

  /**
   * @param {unknown} _controller
   * @param {Buffer} chunk
   */
  onResponseData(_controller, chunk) {
    this.#chunks.push(chunk);
  }

  onResponseEnd() {
    process.stdout.write(Buffer.concat([...this.#chunks, NEWLINE]));
  }

  /**
   * @param {unknown} _controller
   * @param {Error} error
   */
  onResponseError(_controller, error) {
    throw error;
  }
}

const NEWLINE = Buffer.from("\n");
