import { describe, expect, test } from "vitest";
import type { BackendSpec, ToolOverride } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { gate, untilAborted } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const READS = { annotations: { readOnlyHint: true } };
const TOOLS = [tool("read", READS), tool("weather", { annotations: { readOnlyHint: true, openWorldHint: true } }), tool("write")];
const overriding = (over: Readonly<Record<string, ToolOverride>>): BackendSpec["tools"] => ({
  allow: undefined,
  deny: [],
  overrides: new Map(Object.entries(over)),
});

type Answer = (params: JsonObject) => Promise<JsonObject>;

/** A house with one server whose answers count the calls that reached it; its tools are known. */
async function openNotes(over: Partial<BackendSpec> = {}, answer?: Answer): Promise<House & { readonly reached: () => number }> {
  const house = openHouse([entry("notes", { trustAnnotations: true, cacheTtlMs: 60_000, ...over })]);
  let reached = 0;
  house.backend("notes").era = "modern"; // calls of the other era have no continuations
  offer(house.backend("notes"), TOOLS, async (params) => {
    reached += 1;
    return (await answer?.(params)) ?? { content: [{ type: "text", text: String(reached) }] };
  });
  await house.gateway.manage("start", "notes", caller());
  return { ...house, reached: () => reached };
}

const ask = (house: House, name = "read", args: JsonObject = {}, over: object = {}, who: Parameters<typeof caller>[0] = {}) =>
  house.gateway.invoke({ tool: `notes/${name}`, args, ...over }, caller(who));

async function reachedBy(house: House & { readonly reached: () => number }, calls: readonly (() => Promise<unknown>)[]) {
  for (const call of calls) await call();
  return house.reached();
}

describe("what is cached", () => {
  test("an equal call of a trusted read-only tool is answered from the cache, whatever the order of its argument keys", async () => {
    await using house = await openNotes();
    const first = await ask(house, "read", { a: 1, b: { c: 2, d: 3 } });
    expect(await ask(house, "read", { b: { d: 3, c: 2 }, a: 1 })).toEqual(first);
    expect(house.reached()).toBe(1);
    expect(house.calls().map(({ cache }) => cache)).toEqual(["miss", "hit"]);
  });

  test("no answer is kept for longer than its server vouches for its tools", async () => {
    await using house = await openNotes();
    const answering = house.backend("notes").answering;
    house.backend("notes").answering = async (method, ...rest) => ({
      ...(await answering(method, ...rest)),
      ...(method === "tools/list" && { ttlMs: 1_000 }),
    });
    await house.gateway.manage("refresh", "notes", caller());
    await reachedBy(house, [() => ask(house), () => ask(house)]);
    expect(house.reached()).toBe(1);
    await house.clock.advance(1_000);
    expect(await reachedBy(house, [() => ask(house)])).toBe(2);
  });

  test("other arguments are another call", async () => {
    await using house = await openNotes();
    expect(await reachedBy(house, [() => ask(house, "read", { a: 1 }), () => ask(house, "read", { a: 2 })])).toBe(2);
  });

  test.each<[string, string, Partial<BackendSpec>, number]>([
    ["nothing without a lifetime in the registry", "read", { cacheTtlMs: 0 }, 2],
    ["nothing the registry does not trust", "read", { trustAnnotations: false }, 2],
    ["no tool that says nothing about itself", "write", {}, 2],
    ["no tool of the open world by the entry's lifetime", "weather", {}, 2],
    ["a tool of the open world that is named", "weather", { tools: overriding({ weather: { cacheTtlMs: 1_000 } }) }, 1],
    [
      "a tool that a person vouches for",
      "write",
      { trustAnnotations: false, tools: overriding({ write: { readOnly: true } }) },
      1,
    ],
    ["no tool that a person takes out", "read", { tools: overriding({ read: { cacheTtlMs: 0 } }) }, 2],
    ["no tool that a person calls a writing one", "read", { tools: overriding({ read: { readOnly: false } }) }, 2],
  ])("%s", async (_what, name, over, reached) => {
    await using house = await openNotes(over);
    expect(await reachedBy(house, [() => ask(house, name), () => ask(house, name)])).toBe(reached);
  });

  test.each<[string, JsonObject]>([
    ["a failure of the tool", { content: [], isError: true }],
    ["a question back", { resultType: "input_required", requestState: "s" }],
    ["a task", { resultType: "task", task: {} }],
    ["more than 256 KiB", { content: [{ type: "text", text: "x".repeat(300_000) }] }],
  ])("%s is passed on and not kept", async (_what, result) => {
    await using house = await openNotes({}, async () => result);
    const whole = { maxTokens: Number.POSITIVE_INFINITY };
    expect(await ask(house, "read", {}, whole)).toEqual(result);
    expect(await reachedBy(house, [() => ask(house, "read", {}, whole)])).toBe(2);
  });

  test("the continuation of a call and a call with a key neither fill the cache nor are answered from it", async () => {
    await using house = await openNotes();
    const calls = [{}, { round: { requestState: "s" } }, { round: { inputResponses: {} } }, { idempotencyKey: "k" }];
    expect(
      await reachedBy(
        house,
        calls.map((over) => () => ask(house, "read", {}, over)),
      ),
    ).toBe(4);
  });

  test("an answer for which the host was asked something is not kept", async () => {
    await using house = await openNotes();
    let asked = 0;
    house.backend("notes").answering = async (_method, _params, { askHost, signal }) => {
      await askHost?.({ method: "roots/list", params: {} }, signal);
      return { content: [{ type: "text", text: "yours" }] };
    };
    const askHost = async () => {
      asked += 1;
      return { result: { roots: [] } };
    };
    await ask(house, "read", {}, {}, { askHost });
    await ask(house, "read", {}, {}, { askHost });
    expect(asked).toBe(2);
    expect(house.calls().map(({ asked: questions }) => questions)).toEqual([1, 1]);
  });

  test("an answer is kept for its lifetime by the monotonic clock, and no longer", async () => {
    await using house = await openNotes({ tools: overriding({ read: { cacheTtlMs: 1_000 } }) });
    await ask(house);
    await house.clock.advance(999);
    expect(await reachedBy(house, [() => ask(house)])).toBe(1);
    await house.clock.advance(1);
    expect(await reachedBy(house, [() => ask(house)])).toBe(2);
  });

  test("fresh goes to the server, and what it brings is what the next call gets", async () => {
    await using house = await openNotes();
    await ask(house);
    const fresh = await ask(house, "read", {}, { fresh: true });
    expect(house.reached()).toBe(2);
    expect(await ask(house)).toEqual(fresh);
    expect(house.reached()).toBe(2);
  });
});

describe("what makes it forget", () => {
  const CHANGES: readonly [string, (house: House) => Promise<unknown>][] = [
    ["a call that may write", (house) => ask(house, "write")],
    ["a call that may write and fails", (house) => ask(house, "nobody").catch(() => undefined)],
    ["list_changed", async (house) => house.backend("notes").notify("notifications/tools/list_changed", {})],
    ["a restart", (house) => house.gateway.manage("restart", "notes", caller())],
    ["a crash", async (house) => house.backend("notes").die()],
    ["flush", (house) => house.gateway.manage("flush", "notes", caller())],
  ];

  test.each(CHANGES)("%s", async (_what, change) => {
    await using house = await openNotes();
    await ask(house);
    await change(house);
    await house.clock.advance(1_500); // a crash has a backoff
    const before = house.reached();
    await ask(house);
    expect(house.reached()).toBe(before + 1);
  });

  test("a changed entry does, and an untouched one does not", async () => {
    await using house = await openNotes();
    await ask(house);
    house.apply(snapshotOf(entry("notes", { trustAnnotations: true, cacheTtlMs: 60_000 }), entry("other")));
    expect(await reachedBy(house, [() => ask(house)])).toBe(1);
    offer(house.backend("changed"), TOOLS);
    house.apply(snapshotOf(entry("notes", { trustAnnotations: true, cacheTtlMs: 60_000, digest: "changed" })));
    await ask(house);
    expect(house.backend("changed").ledger).toContain("tools/call");
  });

  test("a definition that is another does", async () => {
    await using house = await openNotes();
    await ask(house);
    const { answering } = house.backend("notes");
    house.backend("notes").answering = async (method, params, options) =>
      method === "tools/list"
        ? { tools: [tool("read", { ...READS, description: "Reads something else" })] }
        : await answering(method, params, options);
    await house.gateway.manage("refresh", "notes", caller());
    expect(await reachedBy(house, [() => ask(house)])).toBe(2);
  });

  test("an answer that was asked for before a write began is not kept after it", async () => {
    const late = gate();
    let reads = 0;
    await using house = await openNotes({}, async ({ name }) => {
      if (name === "read" && reads++ === 0) await late.promise;
      return { content: [] };
    });
    const early = ask(house);
    await settle();
    await ask(house, "write");
    late.open();
    await early;
    await ask(house);
    expect(reads).toBe(2);
  });

  test("a call after a write does not board the flight of one from before it", async () => {
    const gates = [gate(), gate()];
    let reads = 0;
    await using house = await openNotes({}, async ({ name }) => {
      if (name === "read") await gates[reads++]?.promise;
      return { content: [] };
    });
    const early = ask(house);
    await settle();
    await ask(house, "write");
    const later = ask(house);
    await settle();
    expect(reads).toBe(2);
    for (const { open } of gates) open();
    await Promise.all([early, later]);
  });

  test("after a write whose end nobody saw nothing is kept for as long as a call may take", async () => {
    await using house = await openNotes({ callTimeoutMs: 5_000 }, async ({ name }) => {
      if (name === "write") throw new GatewayError("unavailable", "lost", { outcome: "unknown" });
      return { content: [] };
    });
    await ask(house, "write").catch(() => undefined);
    expect(await reachedBy(house, [() => ask(house), () => ask(house)])).toBe(3);
    await house.clock.advance(5_000);
    expect(await reachedBy(house, [() => ask(house), () => ask(house)])).toBe(4);
  });
});

describe("equal calls at the same time", () => {
  test("ten thousand of them reach the server once, and share what comes of it", async () => {
    const answered = gate<JsonObject>();
    await using house = await openNotes({}, () => answered.promise);
    const all = Array.from({ length: 10_000 }, () => ask(house));
    await settle();
    answered.open({ content: [], structuredContent: { n: 1 } });
    expect(new Set((await Promise.all(all)).map((result) => JSON.stringify(result))).size).toBe(1);
    expect(house.reached()).toBe(1);
  });

  test("a failure is shared and not kept", async () => {
    let fails = true;
    await using house = await openNotes({}, async () => {
      if (fails) throw new GatewayError("upstream_rejected", "No", { rpc: { code: -32_000, message: "No" } });
      return { content: [] };
    });
    const outcomes = await Promise.allSettled([ask(house), ask(house)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(house.reached()).toBe(1);
    fails = false;
    expect(await ask(house)).toEqual({ content: [] });
  });

  test("one who leaves does not end the flight, the last one does", async () => {
    let aborted = false;
    const house = openHouse([entry("notes", { trustAnnotations: true, cacheTtlMs: 60_000 })]);
    await using _house = house;
    house.backend("notes").answering = async (method, _params, { signal }) => {
      if (method === "tools/list") return { tools: TOOLS };
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return await untilAborted(signal);
    };
    await house.gateway.manage("start", "notes", caller());
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [first, second].map(({ signal }) => ask(house, "read", {}, {}, { signal }).catch((error: unknown) => error));
    await settle();
    first.abort(new GatewayError("cancelled", "Call cancelled"));
    await settle();
    expect(await calls[0]).toMatchObject({ code: "cancelled" });
    expect(aborted).toBe(false);
    second.abort(new GatewayError("cancelled", "Call cancelled"));
    await settle();
    expect(aborted).toBe(true);
    await Promise.all(calls);
  });

  test("calls that may write are never joined", async () => {
    await using house = await openNotes();
    await Promise.all([ask(house, "write"), ask(house, "write")]);
    expect(house.reached()).toBe(2);
  });
});

describe("a server that has stopped answering", () => {
  async function openBroken(): Promise<House> {
    let works = true;
    const house = await openNotes({ cacheTtlMs: 10_000 }, async () => {
      if (works) return { content: [{ type: "text", text: "old" }], _meta: { own: 1 } };
      throw new GatewayError("unavailable", "Connection refused", { outcome: "not_executed" });
    });
    await ask(house);
    await house.clock.advance(20_000);
    works = false;
    return house;
  }
  /** Fails calls until the circuit is open, and stays within the time for which it is. */
  const breakCircuit = async (house: House) => {
    for (let i = 0; i < 30; i += 1) void ask(house, "read", { i }).catch(() => undefined);
    const breaker = async () => (await house.gateway.serverStatus("notes")).guard.breaker;
    for (let i = 0; i < 100 && (await breaker()) === "closed"; i += 1) await house.clock.advance(10);
    expect(await breaker()).toBe("open");
  };

  test("fails while its circuit is closed, however good the old answer", async () => {
    await using house = await openBroken();
    const call = ask(house).catch((error: unknown) => error);
    await house.clock.advance(2_000);
    expect(await call).toMatchObject({ code: "unavailable" });
  });

  test("is stood in for by its old answer while its circuit is open, and the answer says how old it is", async () => {
    await using house = await openBroken();
    await breakCircuit(house);
    const answer = await ask(house);
    expect(answer["_meta"]).toMatchObject({ own: 1, "io.sallyport/cache": { stale: true, ageMs: expect.any(Number) } });
    expect(answer["content"]).toMatchObject([
      { text: "old" },
      { text: expect.stringMatching(/^Kept from \d.* ago, since "notes"/) },
    ]);
    expect((await house.gateway.status()).cache).toMatchObject({ stale: 1 });
  });

  test("is not stood in for where a fresh answer is asked for", async () => {
    await using house = await openBroken();
    await breakCircuit(house);
    expect(await ask(house, "read", {}, { fresh: true }).catch((error: unknown) => error)).toMatchObject({
      code: "circuit_open",
    });
  });
});

test("status tells the hit rate and the time saved, of all servers and of one", async () => {
  const house = openHouse([entry("notes", { trustAnnotations: true, cacheTtlMs: 60_000 })]);
  await using _house = house;
  offer(house.backend("notes"), TOOLS, async () => {
    await house.clock.advance(200);
    return { content: [] };
  });
  await house.gateway.manage("start", "notes", caller());
  expect((await house.gateway.status()).cache).toBeUndefined();
  for (let call = 0; call < 4; call += 1) await ask(house);
  const figures = { hits: 3, misses: 1, shared: 0, stale: 0, hitRate: 0.75, savedMs: 600, entries: 1 };
  expect((await house.gateway.status()).cache).toEqual(figures);
  expect((await house.gateway.serverStatus("notes")).cache).toEqual(figures);
});
