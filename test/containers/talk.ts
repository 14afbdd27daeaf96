import { request } from "node:http";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { isJsonObject } from "../../src/model/json.ts";
import type { Workload } from "../../src/model/ports.ts";
import { sleep, systemClock } from "../../src/time/clock.ts";

const PATIENCE = 100;

/** Calls a tool of a fixture server and gives back its text; waits for a server that is still coming up. */
export const callTool = (workload: Workload, name: string, args: object = {}): Promise<string> =>
  call(workload, name, args, PATIENCE);

/** Calls a tool of a server that is up and may die of it: never asks a dead one again. */
export const callOnce = (workload: Workload, name: string): Promise<string> => call(workload, name, {}, 1);

async function call(workload: Workload, name: string, args: object, patience: number): Promise<string> {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } };
  const { endpoint } = workload;
  const answer = endpoint.kind === "stdio" ? await overPipes(endpoint, message) : await overHttp(endpoint, message, patience);
  return textOf(JSON.parse(answer));
}

function textOf(answer: unknown): string {
  const result = isJsonObject(answer) && isJsonObject(answer["result"]) ? answer["result"] : {};
  const [first] = Array.isArray(result["content"]) ? result["content"] : [];
  return isJsonObject(first) ? String(first["text"]) : JSON.stringify(answer);
}

async function overPipes({ input, output }: { input: Writable; output: Readable }, message: object): Promise<string> {
  const lines = createInterface({ input: output });
  input.write(`${JSON.stringify(message)}\n`);
  for await (const line of lines) return line;
  throw new Error("The container closed its output");
}

interface Address {
  readonly url: string;
  readonly socketPath?: string | undefined;
}

async function overHttp(endpoint: Address, message: object, patience: number): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await post(endpoint, JSON.stringify(message));
    } catch (error) {
      if (attempt === patience) throw error;
      await sleep(systemClock, 50);
    }
  }
}

function post({ url, socketPath }: Address, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: "POST", agent: false, ...(socketPath ? { socketPath } : {}) }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
      answer.on("error", reject);
    });
    asking.on("error", reject);
    asking.end(body);
  });
}
