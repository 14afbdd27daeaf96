import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { Client, ProtocolError } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, test } from "vitest";
import type { ProgressUpdate } from "../../../src/model/call.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { RawResult } from "../../../src/model/raw-result.ts";
import { ChildTransport, type ChildTransportOptions } from "../../../src/transport/stdio/child-transport.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/backends/${name}.mjs`, import.meta.url));
const bin = (name: string): string => fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url));
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

function startNode(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, args, { env, stdio: "pipe" });
  children.push(child);
  return child;
}

const pipesOf = (child: ChildProcessWithoutNullStreams) => ({ input: child.stdin, output: child.stdout });

type Mode = "legacy" | "auto" | { pin: string };

async function connect(
  child: ChildProcessWithoutNullStreams,
  mode: Mode = "legacy",
  options: Partial<ChildTransportOptions> = {},
) {
  const transport = new ChildTransport({ ...pipesOf(child), ...options });
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(transport);
  return { client, transport };
}

/** Takes any result as it is. */
const raw = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const;

const call = (client: Client, name: string, args: JsonObject = {}, options = {}) =>
  client.request({ method: "tools/call", params: { name, arguments: args } }, raw, options) as Promise<JsonObject>;

/** A transport whose child is the test: it reads what was sent and writes lines, as many to a chunk as it likes. */
async function scripted(options: Partial<ChildTransportOptions> = {}) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const strays: string[] = [];
  const got: unknown[] = [];
  const transport = new ChildTransport({
    input,
    output,
    onStray: (kind, sample) => strays.push(`${kind}: ${sample}`),
    ...options,
  });
  transport.onmessage = (message) => got.push(message);
  transport.onerror = (error) => got.push(error);
  transport.onclose = () => got.push("closed");
  await transport.start();
  const ask = (...ids: (number | string)[]) =>
    Promise.all(ids.map((id) => transport.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "x" } })));
  const say = async (text: string | Buffer) => {
    output.write(text);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { transport, input, output, strays, got, ask, say };
}

const result = (id: unknown, value: JsonObject = {}): string => `${JSON.stringify({ jsonrpc: "2.0", id, result: value })}\n`;

describe("a conversation with a child", () => {
  test.each(["legacy", "auto", { pin: "2026-07-28" }] as const)("works in era mode %j", async (mode) => {
    const { client } = await connect(startNode([fixture("echo-stdio")]), mode);
    expect(client.getProtocolEra()).toBe(mode === "legacy" ? "legacy" : "modern");
    expect(await call(client, "echo", { text: "Tür \u{1f6aa}" })).toMatchObject({
      content: [{ type: "text", text: "Tür \u{1f6aa}" }],
    });
    expect(await call(client, "image")).toMatchObject({ content: [{ "x-note": "kept" }], "x-extra": { a: 1 } });
    await client.close();
  });

  test("falls back to the legacy era where the child does not know the probe or does not answer it", async () => {
    const polite = await connect(startNode([fixture("echo-stdio")], { ...process.env, ERAS: "legacy" }), "auto");
    expect(polite.client.getProtocolEra()).toBe("legacy");
    const silent = `require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };
      if (method === "initialize") console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    })`;
    const client = new Client({ name: "t", version: "1" }, { versionNegotiation: { mode: "auto", probe: { timeoutMs: 50 } } });
    await client.connect(new ChildTransport(pipesOf(startNode(["-e", silent]))));
    expect(client.getProtocolEra()).toBe("legacy");
  });

  test("keeps many calls and large answers apart", async () => {
    const { client } = await connect(startNode([fixture("echo-stdio")]));
    const sizes = [0, 1, 65_536, 1_000_000, 8_000_000];
    const answers = await Promise.all(sizes.map((bytes) => call(client, "big", { bytes })));
    expect(answers.map((answer) => JSON.stringify(answer).length)).toEqual(sizes.map((bytes) => bytes + 39));
  });

  test("delivers every progress report before the answer it came with", async () => {
    const { client } = await connect(startNode([fixture("echo-stdio")]));
    for (let round = 0; round < 20; round += 1) {
      const seen: number[] = [];
      await call(client, "progress", { steps: 5 }, { onprogress: ({ progress }: { progress: number }) => seen.push(progress) });
      expect(seen).toEqual([1, 2, 3, 4, 5]);
    }
  });

  test("cancels by notification, and nobody hears the late answer", async () => {
    const { client } = await connect(startNode([fixture("echo-stdio")]));
    const cancel = new AbortController();
    const hanging = call(client, "hang", {}, { signal: cancel.signal });
    cancel.abort("enough");
    await expect(hanging).rejects.toThrow();
    expect(await call(client, "cancellations")).toEqual({ content: [{ type: "text", text: "[1]" }] });
  });

  test("survives a child that writes anything but messages", async () => {
    const strays: string[] = [];
    const { client, transport } = await connect(startNode([fixture("stray-stdout")]), "legacy", {
      onStray: (kind) => strays.push(kind),
    });
    expect(await call(client, "add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
    await client.ping();
    expect(strays.slice(0, 6)).toEqual(["not-json", "not-rpc", "not-json", "unmatched", "unmatched", "not-json"]);
    expect(strays.slice(6)).toContain("unmatched"); // the answers given twice
    expect(transport.strayCount).toBe(strays.length);
  });
});

describe("lines that are no message for us", () => {
  test("are skipped with a sample of 200 characters", async () => {
    const { say, strays, got } = await scripted();
    await say(`${"log ".repeat(100)}\n\n{"jsonrpc":"1.0","id":1}\n`);
    expect(strays).toEqual([`not-json: ${"log ".repeat(50)}`, 'not-rpc: {"jsonrpc":"1.0","id":1}']);
    expect(got).toEqual([]);
  });

  test("an answer counts only for exactly the id that was asked, and only once", async () => {
    const { ask, say, got, strays } = await scripted();
    await ask(0, "7");
    for (const id of [null, "0", 7, 0, 0, "7"]) await say(result(id));
    expect(got).toEqual([
      { jsonrpc: "2.0", id: 0, result: {} },
      { jsonrpc: "2.0", id: "7", result: {} },
    ]);
    expect(strays).toHaveLength(4);
  });

  test("a late answer to a cancelled request is nobody's", async () => {
    const { transport, ask, say, got, strays } = await scripted();
    await ask(1);
    await transport.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await say(result(1));
    expect([got, strays.length]).toEqual([[], 1]);
  });

  test("a log line with an id and an error fails nobody's request", async () => {
    const { ask, say, got, strays } = await scripted();
    await ask(3);
    await say('{"level":"error","id":3,"error":"boom"}\n{"level":"error","id":3,"error":"bo\n');
    expect(got).toEqual([]);
    expect(strays).toHaveLength(2);
  });
});

describe("an answer that cannot be read", () => {
  const deep = (id: number): string => `{"jsonrpc":"2.0","id":${id},"result":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}\n`;
  const long = "x".repeat(20_000);
  test.each([
    [
      "is too long, its id in front",
      `{"jsonrpc":"2.0","id":2,"result":{"a":"${long}"}}\n`,
      /longer than 10000 bytes/,
      "answer_over_limit",
    ],
    [
      "is too long, its id at the end",
      `{"result":{"id":1,"a":"${long}"},"jsonrpc":"2.0","id":2}\n`,
      /longer than 10000 bytes/,
      "answer_over_limit",
    ],
    ["never ends", `{"jsonrpc":"2.0","id":2,"result":{"a":"${long}`, /longer than 10000 bytes/, "answer_over_limit"],
    ["is nested too deep", deep(2), /deeper/, "answer_over_limit"],
    ["breaks off", '{"jsonrpc":"2.0","id":2,"result":{"a":\n', /not valid JSON/, "upstream_protocol"],
    ["has no object as its result", '{"jsonrpc":"2.0","id":2,"result":"text"}\n', /malformed/, "upstream_protocol"],
    ["has an error that is none", '{"jsonrpc":"2.0","id":2,"error":"text"}\n', /malformed/, "upstream_protocol"],
  ])("because it %s fails its request and no other", async (_, line, problem, code) => {
    const { ask, say, got } = await scripted({ maxLineBytes: line.includes("[[[") ? 100_000 : 10_000 });
    await ask(1, 2);
    await say(line);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      id: 2,
      error: { message: expect.stringMatching(problem), data: { code } },
    });
    await say(`\n${result(1)}${result(2)}`);
    expect(got.slice(1)).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
  });

  test("reaches the caller as a GatewayError, and the conversation goes on", async () => {
    const { client } = await connect(startNode([fixture("echo-stdio")]), "legacy", { maxLineBytes: 100_000 });
    const failure = await call(client, "big", { bytes: 200_000 }).catch((error: unknown) => error);
    expect(failure instanceof ProtocolError && failure.data).toBeInstanceOf(GatewayError);
    expect(await call(client, "big", { bytes: 3 })).toMatchObject({ content: [{ text: "xxx" }] });
  });

  test("ends the conversation if nobody can tell whose it was and somebody waits", async () => {
    const lost = `{"jsonrpc":"2.0","result":{"a":"${long}"}}\n`;
    const idle = await scripted({ maxLineBytes: 10_000 });
    await idle.say(lost);
    expect(idle.got).toEqual([]);
    const { ask, say, got } = await scripted({ maxLineBytes: 10_000 });
    await ask(1, 2);
    await say(lost);
    expect(got).toEqual([expect.objectContaining({ code: "upstream_protocol" }), "closed"]);
  });

  test("does not hurt anybody if it was late, or no answer at all", async () => {
    const { ask, say, got } = await scripted({ maxLineBytes: 10_000 });
    await ask(1);
    await say(`{"jsonrpc":"2.0","id":9,"result":{"a":"${long}"}}\n{"result":{"a":"${long}"},"jsonrpc":"2.0","id":9}\n`);
    await say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"id":1,"data":"${long}"}}\n`);
    await say(`{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"a":"${long}"}}\n${long}\n`);
    expect(got).toEqual([]);
    await say(result(1));
    expect(got).toHaveLength(1);
  });
});

describe("the end of a conversation", () => {
  test("a child that dies in the middle of calls fails all of them", async () => {
    const child = startNode([fixture("echo-stdio")]);
    const { client } = await connect(child);
    const calls = [call(client, "hang"), call(client, "hang"), call(client, "slow", { ms: 60_000 })];
    await call(client, "echo", { text: "all have arrived" });
    child.kill("SIGKILL");
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ reason: { message: "Connection closed" } });
    await expect(call(client, "echo", { text: "x" })).rejects.toThrow("Not connected");
  });

  test("a child that crashes instead of answering fails the call", async () => {
    const { client } = await connect(startNode([fixture("echo-stdio")]));
    await expect(call(client, "crash")).rejects.toThrow("Connection closed");
  });

  test("a child that closes its input fails what is sent, without breaking us", async () => {
    const child = startNode(["-e", "require('fs').closeSync(0); console.error('deaf'); setInterval(() => {}, 1e6)"]);
    const transport = new ChildTransport(pipesOf(child));
    const closed = new Promise<void>((resolve) => {
      transport.onclose = resolve;
    });
    await transport.start();
    await once(child.stderr, "data");
    await expect(transport.send({ jsonrpc: "2.0", id: 1, method: "ping" })).rejects.toMatchObject({ code: "unavailable" });
    await closed;
    await expect(transport.send({ jsonrpc: "2.0", id: 2, method: "ping" })).rejects.toMatchObject({ outcome: "not_executed" });
  });

  test("the answers a child leaves behind when it dies arrive before the end", async () => {
    const answers = Array.from({ length: 50 }, (_, id) => result(id, { text: "x".repeat(1_000) })).join("");
    const script = `process.stdin.once("data", () => { require("fs").writeSync(1, ${JSON.stringify(answers)}); process.exit() })`;
    const child = startNode(["-e", script]);
    const got: unknown[] = [];
    const transport = new ChildTransport(pipesOf(child));
    transport.onmessage = (message) => got.push(message);
    const closed = new Promise<void>((resolve) => {
      transport.onclose = resolve;
    });
    await transport.start();
    const asked = Array.from({ length: 50 }, (_, id) => transport.send({ jsonrpc: "2.0", id, method: "x" }));
    // Our loop stands still until the child is dead: its end and its answers are then seen in the same turn
    spawnSync("sh", ["-c", "until grep -q ') Z ' /proc/$0/stat; do sleep 0.01; done", String(child.pid)]);
    const late = transport.send({ jsonrpc: "2.0", id: 99, method: "x" });
    await Promise.allSettled([...asked, late, closed]);
    expect(got).toHaveLength(50);
  });

  test("a last answer without a newline counts", async () => {
    const { ask, output, got } = await scripted();
    await ask(1);
    output.end(`{"jsonrpc":"2.0","method":"notifications/x"}\n${result(1).trimEnd()}`);
    await once(output, "close");
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toEqual([{ jsonrpc: "2.0", method: "notifications/x" }, { jsonrpc: "2.0", id: 1, result: {} }, "closed"]);
  });

  test("closing it twice tells once, leaves the pipes open and drains what still comes", async () => {
    const { transport, input, output, got, say } = await scripted();
    await transport.close();
    await transport.close();
    expect(got).toEqual(["closed"]);
    expect(input.writable).toBe(true);
    await say("x".repeat(1_000_000));
    expect(output.readableLength).toBe(0);
    await expect(transport.send({ jsonrpc: "2.0", method: "x" })).rejects.toMatchObject({ code: "unavailable" });
  });

  test("it cannot be started twice, nor with a child that is gone", async () => {
    const { transport } = await scripted();
    await expect(transport.start()).rejects.toMatchObject({ code: "internal" });
    const child = startNode(["-e", ""]);
    child.stdout.resume();
    await once(child, "close");
    await expect(new ChildTransport(pipesOf(child)).start()).rejects.toMatchObject({
      code: "unavailable",
      outcome: "not_executed",
    });
  });

  test("what stands behind an answer in its chunk comes after it, and not at all once its hearer closes the conversation", async () => {
    const notice = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;
    const { transport, got, ask, say } = await scripted();
    await ask(1, 2, 3);
    await say(`${result(1)}${JSON.stringify(notice)}\n${result(2)}`);
    const answer = (id: number) => ({ jsonrpc: "2.0", id, result: {} });
    expect(got).toEqual([answer(1), notice, answer(2)]);
    await ask(4);
    transport.onmessage = (message) => {
      got.push(message);
      void transport.close();
    };
    await say(result(3) + result(4));
    expect(got.slice(3)).toEqual([answer(3), "closed"]);
  });

  test("a listener that throws is reported and holds nothing up", async () => {
    const { transport, ask, say, got } = await scripted();
    const keep = transport.onmessage;
    transport.onmessage = (message) => {
      if ("method" in message) throw new Error("listener broke");
      keep?.(message);
    };
    await ask(1);
    await say(`{"jsonrpc":"2.0","method":"notifications/x"}\n${result(1)}`);
    expect(got).toEqual([expect.objectContaining({ message: "listener broke" }), { jsonrpc: "2.0", id: 1, result: {} }]);
  });

  test("a child that stops reading gets no more requests", async () => {
    const child = startNode(["-e", "setInterval(() => {}, 1e6)"]);
    const transport = new ChildTransport(pipesOf(child));
    await transport.start();
    const ask = (id: number, text: string) => transport.send({ jsonrpc: "2.0", id, method: "tools/call", params: { text } });
    const queued = ask(1, "x".repeat(17 * 2 ** 20));
    await expect(ask(2, "small")).rejects.toMatchObject({ code: "resource_exhausted", outcome: "not_executed" });
    child.kill("SIGKILL");
    await expect(queued).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("real servers", () => {
  test.each([
    ["mcp-server-everything", ["stdio"], 13],
    ["mcp-server-filesystem", ["/usr"], 14],
    ["mcp-server-memory", [], 9],
    ["mcp-server-sequential-thinking", [], 1],
  ] as const)("%s answers, and leaves when its input ends", async (name, args, count) => {
    const child = startNode([bin(name), ...args]);
    child.stderr.resume();
    const { client, transport } = await connect(child, "auto");
    const { tools } = (await client.request({ method: "tools/list" }, raw)) as { tools: unknown[] };
    expect(tools).toHaveLength(count);
    expect(transport.strayCount).toBe(0);
    await client.close();
    child.stdin.end();
    await once(child, "exit");
  });
});

describe("a result that may stay unread", () => {
  const progress = `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 7, progress: 1 } })}\n`;
  const begin = async (takesRaw = true) => {
    const child = await scripted();
    const told: unknown[] = [];
    const caller = new AbortController();
    const direct = {
      request: { jsonrpc: "2.0" as const, id: 7, method: "tools/call", params: {} },
      headers: {},
      signal: caller.signal,
      takesRaw,
      onProgress: (update: ProgressUpdate) => told.push(update),
    };
    const answer = new Promise<unknown>((resolve) => {
      child.transport.direct(direct, (came, failure) => {
        if (came) told.push(came instanceof RawResult ? came.parse() : came);
        resolve(came ?? failure);
      });
    });
    return { ...child, told, caller, answer };
  };

  test("comes after the progress before it, also in the same chunk", async () => {
    const { say, told, answer } = await begin();
    await say(progress + result(7, { content: [], isError: true }));
    expect(await answer).toMatchObject({ isError: true, isComplete: false });
    expect(told).toEqual([{ progress: 1 }, { content: [], isError: true }]);
  });

  test.each([
    ["is not of the plainest kind", true, { content: [{ type: "odd" }] }],
    ["is wanted as an object", false, { content: [] }],
  ])("is read where it %s", async (_what, takesRaw, value) => {
    const { say, answer } = await begin(takesRaw);
    await say(result(7, value));
    expect(await answer).toEqual({ jsonrpc: "2.0", id: 7, result: value });
  });

  test("goes to nobody once its call was given up, and a second one is nobody's either", async () => {
    const { say, answer, caller, strays, got } = await begin();
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    expect(await answer).toMatchObject({ code: "cancelled" });
    await say(result(7, { content: [] }));
    await say(result(7, { content: [] }));
    expect(strays.map((line) => line.slice(0, 9))).toEqual(["unmatched", "unmatched"]);
    expect(got).toEqual([]);
  });
});
