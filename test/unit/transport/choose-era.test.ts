import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Era, StateStore } from "../../../src/model/ports.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { createTransport } from "../../../src/transport/index.ts";
import { connect, patient } from "../../support/connecting.ts";
import { makeSpec } from "../../support/fake-backend.ts";
import { type Behaviour, json, rpcError, silent, startScriptedHttp, status, unusedPort } from "../../support/scripted-http.ts";

const NAME = "era-digest-1";
const DAY_MS = 24 * 3_600_000;

const remembering = (era: Era, storedAt = systemClock.wallTime()): StateStore => {
  const store = createMemoryStore();
  void store.write(NAME, JSON.stringify({ era, storedAt }));
  return store;
};
const verdictIn = async (store: StateStore): Promise<unknown> => JSON.parse((await store.read(NAME)) ?? "{}").era;

/** Connects, says goodbye, and tells in which era and what was asked on the way. */
async function eraOf(url: string, store: StateStore = createMemoryStore()): Promise<Era> {
  await using connection = await connect(url, { store });
  return connection.era;
}

describe("a backend nobody knows yet is asked, and the verdict remembered", () => {
  test("modern when it answers server/discover", async () => {
    const store = createMemoryStore();
    await using backend = await startScriptedHttp({ era: "modern" });
    expect(await eraOf(backend.url, store)).toBe("modern");
    expect(await verdictIn(store)).toBe("modern");
    expect(backend.of("initialize")).toEqual([]);
  });

  test.each<[string, Behaviour]>([
    ["does not know the method", rpcError(200, -32_601, "Method not found")],
    ["answers 400", status(400)],
    ["answers 404", status(404)],
    ["answers 405", status(405)],
    ["misses a session", rpcError(400, -32_000, "Bad Request: Server not initialized", null)],
    ["answers nonsense", json({ hello: true })],
    ["fails with 500", status(500)],
    ["hangs", silent],
  ])("legacy when it %s", async (_name, discover) => {
    const store = createMemoryStore();
    await using backend = await startScriptedHttp({ era: "legacy", on: { "server/discover": discover } });
    expect(await eraOf(backend.url, store)).toBe("legacy");
    expect(await verdictIn(store)).toBe("legacy");
  });

  test.each<[string, Behaviour, object]>([
    ["refuses our credentials", status(401), { code: "upstream_rejected", httpStatus: 401 }],
    ["asks for fewer requests", status(429, { "retry-after": "3" }), { code: "unavailable", retryAfterMs: 3_000 }],
    ["is not ready", status(503, { "retry-after": "1" }), { code: "unavailable", httpStatus: 503, retryAfterMs: 1_000 }],
    ["redirects", status(307, { location: "http://127.0.0.1:9/" }), { httpStatus: 307 }],
  ])("nothing when it %s", async (_name, behaviour, failure) => {
    const store = createMemoryStore();
    await using backend = await startScriptedHttp({ era: "legacy", on: { "server/discover": behaviour } });
    await expect(eraOf(backend.url, store)).rejects.toMatchObject({ ...failure, outcome: "not_executed" });
    expect(await store.read(NAME)).toBeUndefined();
    expect(backend.of("initialize")).toEqual([]);
  });

  test("nothing when the handshake after the verdict fails", async () => {
    const store = createMemoryStore();
    await using backend = await startScriptedHttp({ era: "legacy", on: { initialize: status(404) } });
    await expect(eraOf(backend.url, store)).rejects.toMatchObject({ code: "upstream_rejected", httpStatus: 404 });
    expect(await store.read(NAME)).toBeUndefined();
  });
});

describe("a remembered verdict", () => {
  test("of legacy saves the question", async () => {
    await using backend = await startScriptedHttp({ era: "legacy" });
    expect(await eraOf(backend.url, remembering("legacy"))).toBe("legacy");
    expect(backend.of("server/discover")).toEqual([]);
  });

  test("of legacy is doubted after 24 hours", async () => {
    const store = remembering("legacy", systemClock.wallTime() - DAY_MS);
    await using backend = await startScriptedHttp({ era: "modern" });
    expect(await eraOf(backend.url, store)).toBe("modern");
    expect(await verdictIn(store)).toBe("modern");
  });

  test.each([
    ["modern", "legacy"],
    ["legacy", "modern"],
  ] as const)("of %s that has become wrong is replaced by %s", async (before, now) => {
    const store = remembering(before);
    await using backend = await startScriptedHttp({ era: now });
    expect(await eraOf(backend.url, store)).toBe(now);
    expect(await verdictIn(store)).toBe(now);
  });

  test("is kept while the backend is away", async () => {
    const store = remembering("modern");
    await expect(eraOf(`http://127.0.0.1:${await unusedPort()}/mcp`, store)).rejects.toMatchObject({ code: "unavailable" });
    expect(await verdictIn(store)).toBe("modern");
  });

  test.each(["", "{", "[]", '{"era":"old"}', '{"era":"legacy","storedAt":"now"}'])(
    "that is damaged (%j) is none",
    async (text) => {
      const store = createMemoryStore();
      await store.write(NAME, text);
      await using backend = await startScriptedHttp({ era: "modern" });
      expect(await eraOf(backend.url, store)).toBe("modern");
    },
  );

  test("is not needed: a store that always fails changes nothing", async () => {
    const fail = () => Promise.reject(new Error("disk full"));
    await using backend = await startScriptedHttp({ era: "legacy" });
    expect(await eraOf(backend.url, { read: fail, write: fail, remove: fail })).toBe("legacy");
  });
});

describe("an era the entry demands", () => {
  test("legacy goes straight to the handshake", async () => {
    await using backend = await startScriptedHttp({ era: "legacy" });
    await using connection = await connect(backend.url, { era: "legacy" });
    expect(connection.era).toBe("legacy");
    expect(backend.of("server/discover")).toEqual([]);
  });

  test("modern is taken on its word from a backend that does not serve server/discover", async () => {
    await using backend = await startScriptedHttp({ era: "modern", on: { "server/discover": rpcError(404, -32_601, "no") } });
    await using connection = await connect(backend.url, { era: "modern" });
    expect([connection.era, connection.peer.capabilities]).toEqual(["modern", { tools: {}, resources: {}, prompts: {} }]);
  });

  test("modern still fails where nobody answers", async () => {
    const url = `http://127.0.0.1:${await unusedPort()}/mcp`;
    await expect(connect(url, { era: "modern" })).rejects.toMatchObject({ code: "unavailable", outcome: "not_executed" });
  });
});

test.each(["server/discover", "initialize"])("an abort while %s hangs ends the connecting with its reason", async (method) => {
  await using backend = await startScriptedHttp({ era: "legacy", on: { [method]: silent } });
  const controller = new AbortController();
  const connecting = connect(backend.url, { signal: controller.signal });
  const arrived = await backend.arrival(method);
  controller.abort(new Error("stopped"));
  await expect(connecting).rejects.toMatchObject({ cause: { message: "stopped" } });
  await arrived.gone;
});

describe("a child", () => {
  /** The pipes of a child that answers each method with the given result or error, or ends. */
  function child(answers: Record<string, object | "end">): { input: PassThrough; output: PassThrough; asked: string[] } {
    const [input, output, asked] = [new PassThrough(), new PassThrough(), [] as string[]];
    input.on("data", (line: Buffer) => {
      const { id, method } = JSON.parse(line.toString("utf8"));
      asked.push(method);
      const answer = answers[method];
      if (answer === "end") output.end();
      else if (answer) output.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
    });
    return { input, output, asked };
  }
  const initialize = { result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "c", version: "1" } } };

  test.each<[string, Record<string, object | "end">]>([
    ["refuses server/discover", { "server/discover": { error: { code: -32_000, message: "?" } }, initialize }],
    ["says nothing to server/discover", { initialize }],
  ])("that %s is spoken to in the legacy era", async (_name, answers) => {
    const { input, output, asked } = child(answers);
    await using connection = await connect({ kind: "stdio", input, output });
    expect(connection.era).toBe("legacy");
    expect(asked).toEqual(["server/discover", "initialize", "notifications/initialized"]);
  });

  test("that ends when it is asked is not asked at its next start", async () => {
    const store = createMemoryStore();
    const first = connect({ kind: "stdio", ...child({ "server/discover": "end" }) }, { store });
    await expect(first).rejects.toMatchObject({ code: "unavailable", outcome: "not_executed", hint: expect.any(String) });
    const second = child({ initialize });
    await using connection = await connect({ kind: "stdio", ...second }, { store });
    expect([connection.era, second.asked[0]]).toEqual(["legacy", "initialize"]);
  });

  test("that ends later ends the connection and the calls in it", async () => {
    const { input, output } = child({ initialize, "tools/call": "end" });
    await using connection = await connect({ kind: "stdio", input, output }, { era: "legacy" });
    const call = connection.request("tools/call", { name: "t" }, { signal: patient() });
    await expect(call).rejects.toMatchObject({ code: "unavailable", outcome: "unknown", backend: "b" });
    await connection.closed;
  });
});

test("the deprecated HTTP+SSE transport is refused with the way out", async () => {
  const transport = createTransport({ clock: systemClock, store: createMemoryStore(), identity: { name: "s", version: "1" } });
  const connecting = transport.connect({
    spec: makeSpec({ transport: "sse" }),
    endpoint: { kind: "http", url: "http://127.0.0.1:1/sse", headers: {} },
    signal: patient(),
    onNotification: () => {},
  });
  await expect(connecting).rejects.toMatchObject({ code: "needs_config", hint: expect.stringContaining("http") });
});
