import { describe, expect, test } from "vitest";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { gate, untilAborted } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const MISSING = [{ written: "$" + "{TOKEN}", name: "TOKEN", field: "env.TOKEN" }];
const rules = (over: Partial<BackendSpec["tools"]>) => ({ allow: undefined, deny: [], overrides: new Map(), ...over });

/** A house with one server "notes" that offers `read` and `write`. */
function openNotes(over: Partial<BackendSpec> = {}): House {
  const house = openHouse([entry("notes", over)]);
  offer(house.backend("notes"), [tool("read", { annotations: { readOnlyHint: true } }), tool("write")]);
  return house;
}

const invoke = (house: House, address = "notes/read", over: Parameters<typeof caller>[0] = {}) =>
  house.gateway.invoke({ tool: address, args: {} }, caller(over));
const failed = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("policy", () => {
  test.each<[string, string, Partial<BackendSpec>, object]>([
    [
      "a denied tool",
      "notes/write",
      { tools: rules({ deny: ["wr*"] }) },
      { code: "permission_denied", hint: expect.stringContaining("mcpServers.notes.tools") },
    ],
    ["a tool that is not among the allowed", "notes/write", { tools: rules({ allow: ["read"] }) }, { code: "permission_denied" }],
    [
      "a server that is switched off",
      "notes/read",
      { enabled: false },
      { code: "permission_denied", message: 'Server "notes" is switched off in the registry' },
    ],
    [
      "a server with an unset variable",
      "notes/read",
      { missing: MISSING },
      { code: "needs_config", message: 'Server "notes" needs TOKEN, which is not set' },
    ],
    [
      "a server nobody knows",
      "note/read",
      {},
      { code: "not_found", message: 'No server "note" in the registry; did you mean "notes"?' },
    ],
  ])("refuses %s before anything is started, on record", async (_what, address, over, error) => {
    await using house = openNotes(over);
    expect(await failed(invoke(house, address))).toMatchObject({ ...error, outcome: "not_executed" });
    expect(house.backend("notes").ledger).toEqual([]);
    expect(house.calls()).toHaveLength(1);
  });

  test("refuses what is no address, naming what was found and expected", async () => {
    await using house = openNotes();
    for (const [address, found] of [
      ["read", '"read"'],
      ["/read", '"/read"'],
      ["notes/", '"notes/"'],
      [7, "7"],
      [undefined, "nothing"],
    ] as const) {
      const error = await failed(house.gateway.invoke({ tool: address, args: {} }, caller()));
      expect(error).toMatchObject({ code: "invalid_argument", message: `tool: expected "server/tool", found ${found}` });
    }
  });

  test("an unset variable is never handed on as it is written", async () => {
    await using house = openNotes({ missing: MISSING });
    expect(String(await failed(invoke(house)))).not.toContain("${");
  });
});

describe("a tool that does not exist", () => {
  test("is told with near names, once the server was asked again", async () => {
    await using house = openNotes();
    await invoke(house);
    expect(await failed(invoke(house, "notes/raed"))).toMatchObject({
      code: "not_found",
      message: 'Cannot call "notes/raed": no such tool; did you mean "read"?',
      backend: "notes",
    });
    expect(house.backend("notes").ledger).toEqual(["launch", "connect", "tools/list", "tools/call", "tools/list"]);
  });

  test("that came with a bad definition is told as set aside, with the reason", async () => {
    await using house = openHouse([entry("notes")]);
    offer(house.backend("notes"), [tool("good"), tool("bad", { inputSchema: false })]);
    expect(await failed(invoke(house, "notes/bad"))).toMatchObject({
      code: "not_found",
      message: 'Cannot call "notes/bad": its definition is set aside: The inputSchema admits no arguments at all',
    });
    expect(await invoke(house, "notes/good")).toHaveProperty("content");
  });

  test("until the backend brings it: the list is read again before the call fails", async () => {
    await using house = openNotes();
    await invoke(house);
    offer(house.backend("notes"), [tool("read"), tool("new")]);
    expect(await invoke(house, "notes/new")).toHaveProperty("content");
  });
});

describe("the deadline", () => {
  test("covers the start: the caller is told, the start goes on for the next one", async () => {
    await using house = openNotes({ callTimeoutMs: 1_000 });
    const started = gate();
    house.backend("notes").launching = () => started.promise;
    const late = failed(invoke(house));
    await house.clock.advance(11_000); // the call's second and ten more for a start
    expect(await late).toMatchObject({ code: "deadline_exceeded", outcome: "not_executed", backend: "notes" });
    started.open();
    expect(await invoke(house)).toHaveProperty("content");
    expect(house.backend("notes").launches).toBe(1);
  });

  test("covers the reading of the tool list", async () => {
    await using house = openNotes();
    house.backend("notes").answering = (_method, _params, { signal }) => untilAborted(signal);
    const late = failed(invoke(house, "notes/read", { timeoutMs: 500 }));
    await house.clock.advance(500);
    expect(await late).toMatchObject({ code: "deadline_exceeded", outcome: "not_executed" });
  });

  test("counts from the moment the request came, not from the one at which the gateway was open for it", async () => {
    await using house = openNotes();
    house.backend("notes").answering = (_method, _params, { signal }) => untilAborted(signal);
    await house.clock.advance(1_000);
    const since = house.clock.now() - 400;
    const late = failed(invoke(house, "notes/read", { timeoutMs: 500, since }));
    await house.clock.advance(99);
    expect(house.calls()).toEqual([]);
    await house.clock.advance(1);
    expect(await late).toMatchObject({ code: "deadline_exceeded" });
  });

  test("of a read-only call covers the start too", async () => {
    await using house = openNotes();
    house.backend("notes").launching = untilAborted;
    const late = failed(house.gateway.invokeReadonly({ tool: "notes/read", args: {} }, caller({ timeoutMs: 500 })));
    await house.clock.advance(500);
    expect(await late).toMatchObject({ code: "deadline_exceeded" });
  });

  test.each<[string, number, Partial<BackendSpec>, number | undefined]>([
    ["the server's callTimeoutMs", 2_000, { callTimeoutMs: 2_000 }, undefined],
    ["the tool's own timeoutMs", 700, { tools: rules({ overrides: new Map([["read", { timeoutMs: 700 }]]) }) }, undefined],
    ["the caller's, where it is shorter", 300, { callTimeoutMs: 2_000 }, 300],
    ["the server's, where the caller asks for more", 2_000, { callTimeoutMs: 2_000 }, 100_000],
  ])("of a call that was sent is %s; what became of it is unknown", async (_whose, ms, over, timeoutMs) => {
    await using house = openNotes(over);
    await invoke(house);
    let heard: unknown;
    offer(house.backend("notes"), [tool("read")]).answering = (_method, _params, { signal }) =>
      untilAborted(signal).catch((reason: unknown) => {
        heard = reason;
        throw reason;
      });
    const late = failed(invoke(house, "notes/read", { timeoutMs }));
    await house.clock.advance(ms - 1);
    expect(heard).toBeUndefined();
    await house.clock.advance(1);
    expect(await late).toMatchObject({
      code: "deadline_exceeded",
      outcome: "unknown",
      hint: expect.stringContaining("verify its effect"),
    });
    expect(heard).toMatchObject({ code: "deadline_exceeded" });
  });

  test("leaves no timer behind when the call is over", async () => {
    await using house = openNotes({ idleStopMs: 0 });
    await invoke(house);
    expect(house.clock.waiting).toBe(0);
  });
});

test("a caller that cancels is told so at once and the backend hears it", async () => {
  await using house = openNotes();
  const asked = gate();
  offer(house.backend("notes"), [tool("read")], () => new Promise(() => {}));
  const { answering } = house.backend("notes");
  house.backend("notes").answering = (method, params, options) => {
    if (method !== "tools/call") return answering(method, params, options);
    asked.open();
    return untilAborted(options.signal);
  };
  const leaving = new AbortController();
  const left = failed(invoke(house, "notes/read", { signal: leaving.signal }));
  await asked.promise;
  leaving.abort();
  expect(await left).toMatchObject({ code: "cancelled", outcome: "unknown" });
  expect(house.calls()).toMatchObject([{ code: "cancelled", outcome: "unknown" }]);
});

describe("what the backend is sent", () => {
  async function paramsSent(round: object, over: Parameters<typeof caller>[0], era: "legacy" | "modern"): Promise<JsonObject> {
    await using house = openNotes();
    const sent: JsonObject[] = [];
    house.backend("notes").era = era;
    offer(house.backend("notes"), [tool("read")], async (params) => {
      sent.push(params);
      return { content: [] };
    });
    await house.gateway.invoke({ tool: "notes/read", args: { path: "a" }, round }, caller(over));
    return sent[0] ?? {};
  }

  test("is the tool's own name, the arguments and how long the answer is waited for, and nothing else", async () => {
    expect(await paramsSent({}, { hostCapabilities: { elicitation: {} } }, "legacy")).toEqual({
      name: "read",
      arguments: { path: "a" },
      _meta: { "io.sallyport/timeoutMs": 45_000 },
    });
  });

  test("toward a modern backend mirrors what the host can do, beside the host's own _meta", async () => {
    expect(await paramsSent({}, { hostCapabilities: { elicitation: {} }, meta: { traceparent: "00-1" } }, "modern")).toEqual({
      name: "read",
      arguments: { path: "a" },
      _meta: {
        traceparent: "00-1",
        "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
        "io.sallyport/timeoutMs": 45_000,
      },
    });
  });

  test("carries the answers and the state of an earlier round as they are", async () => {
    const round = { inputResponses: { name: { action: "accept", content: { x: [1, null] } } }, requestState: "s\u0000 1" };
    expect(await paramsSent(round, {}, "modern")).toMatchObject({ name: "read", arguments: { path: "a" }, ...round });
  });

  test.each<[string, number | undefined, number, number]>([
    ["its callTimeoutMs where nothing is shorter", undefined, 400, 2_000],
    ["what is left of the caller's time where the start took some of it", 1_000, 400, 600],
    ["a time in whole ms that is not over before the call is", 1_000, 400.25, 599],
  ])("tells the backend %s", async (_what, timeoutMs, startMs, told) => {
    await using house = openNotes({ callTimeoutMs: 2_000 });
    house.backend("notes").launching = () => new Promise((resolve) => void house.clock.after(startMs, resolve));
    const sent: unknown[] = [];
    offer(house.backend("notes"), [tool("read")], async ({ _meta }) => {
      sent.push(_meta);
      return { content: [] };
    });
    const answer = invoke(house, "notes/read", { timeoutMs, meta: { "io.sallyport/timeoutMs": 7 } });
    await house.clock.advance(startMs);
    await answer;
    expect(sent).toEqual([{ "io.sallyport/timeoutMs": told }]);
  });
});

describe("the record of a call", () => {
  test("is one line each, whatever became of it, without arguments and results", async () => {
    await using house = openNotes();
    offer(house.backend("notes"), [tool("read")], async ({ arguments: args }) => {
      const { how } = args as JsonObject;
      if (how === "rejected") throw new GatewayError("upstream_rejected", "No", { rpc: { code: -1, message: "No" } });
      if (how === "broken") throw new TypeError("boom");
      return { content: [{ type: "text", text: "canary" }], ...(how === "isError" && { isError: true }) };
    });
    for (const how of ["ok", "isError", "rejected", "broken"])
      await failed(house.gateway.invoke({ tool: "notes/read", args: { how, secret: "canary" } }, caller()));
    expect(house.calls().map(({ call, server, tool: name, code, outcome }) => ({ call, server, name, code, outcome }))).toEqual([
      { call: "c1", server: "notes", name: "read", code: "ok", outcome: undefined },
      { call: "c2", server: "notes", name: "read", code: "tool_error", outcome: undefined },
      { call: "c3", server: "notes", name: "read", code: "upstream_rejected", outcome: "not_executed" },
      { call: "c4", server: "notes", name: "read", code: "internal", outcome: "unknown" },
    ]);
    expect(JSON.stringify(house.log)).not.toContain("canary");
  });

  test("tells whether the server had to be started and how long it all took", async () => {
    await using house = openNotes();
    house.backend("notes").launching = () => new Promise((resolve) => void house.clock.after(400, resolve));
    const answer = invoke(house);
    await house.clock.advance(400);
    await answer;
    await invoke(house);
    expect(house.calls()).toMatchObject([
      { ms: 400, coldStart: true, attempts: 1 },
      { ms: 0, coldStart: false, attempts: 1 },
    ]);
  });

  test("is kept of those who are turned away because there is no room", async () => {
    await using house = openNotes();
    const [asked, answer] = [gate(), gate<JsonObject>()];
    offer(house.backend("notes"), [tool("read")], () => {
      asked.open();
      return answer.promise;
    });
    const taken = Array.from({ length: 32 + 256 }, () => invoke(house));
    await asked.promise;
    expect(await failed(invoke(house))).toMatchObject({ code: "resource_exhausted" });
    expect(house.calls()).toMatchObject([{ code: "resource_exhausted", outcome: "not_executed", server: "notes", tool: "read" }]);
    answer.open({ content: [] });
    await Promise.all(taken);
  });

  test("is kept of those who come when the gateway is about to leave, and nothing is started for them", async () => {
    await using house = openNotes();
    house.gateway.refuseNewCalls();
    expect(await failed(invoke(house))).toMatchObject({ code: "shutting_down", outcome: "not_executed" });
    expect(house.calls()).toMatchObject([{ code: "shutting_down", outcome: "not_executed", server: "notes", tool: "read" }]);
    expect(house.backend("notes").ledger).toEqual([]);
  });

  test("feeds the figures of status", async () => {
    await using house = openNotes({ tools: rules({ deny: ["write"] }) });
    await invoke(house);
    await failed(invoke(house, "notes/write"));
    expect((await house.gateway.serverStatus("notes")).figures).toEqual({
      calls: 2,
      toolErrors: 0,
      failures: 1,
      lastFailure: "permission_denied",
      retries: 0,
      starts: 1,
      failedStarts: 0,
      trips: 0,
      latency: undefined, // the only call that was answered waited for the start
    });
  });
});

describe("invoke_readonly", () => {
  const readonly = (house: House, address: string) => house.gateway.invokeReadonly({ tool: address, args: {} }, caller());

  test.each<[string, Partial<BackendSpec>, string]>([
    ["the registry trusts the server's annotations", { trustAnnotations: true }, "notes/read"],
    ["an override vouches for it", { tools: rules({ overrides: new Map([["write", { readOnly: true }]]) }) }, "notes/write"],
  ])("calls a tool when %s", async (_why, over, address) => {
    await using house = openNotes(over);
    expect(await readonly(house, address)).toHaveProperty("content");
  });

  test.each<[string, Partial<BackendSpec>, string]>([
    ["only the server claims it", {}, "notes/read"],
    ["nobody claims it", { trustAnnotations: true }, "notes/write"],
    [
      "an override denies it",
      { trustAnnotations: true, tools: rules({ overrides: new Map([["read", { readOnly: false }]]) }) },
      "notes/read",
    ],
  ])("refuses a tool when %s, and never calls it", async (_why, over, address) => {
    await using house = openNotes(over);
    expect(await failed(readonly(house, address))).toMatchObject({
      code: "permission_denied",
      outcome: "not_executed",
      hint: expect.stringContaining("mcpServers.notes.trust"),
    });
    expect(house.backend("notes").ledger).not.toContain("tools/call");
    expect(house.calls()).toMatchObject([{ code: "permission_denied" }]);
  });

  test("refuses a denied tool without a start", async () => {
    await using house = openNotes({ trustAnnotations: true, tools: rules({ deny: ["read"] }) });
    expect(await failed(readonly(house, "notes/read"))).toMatchObject({ code: "permission_denied" });
    expect(house.backend("notes").ledger).toEqual([]);
  });

  test("tells near names for a tool that does not exist", async () => {
    await using house = openNotes({ trustAnnotations: true });
    expect(await failed(readonly(house, "notes/reed"))).toMatchObject({
      code: "not_found",
      message: expect.stringContaining('"read"'),
    });
  });
});

describe("invoke_many", () => {
  test("answers in the order of the calls, whatever the order of the answers", async () => {
    await using house = openNotes();
    const first = gate();
    const later: string[] = [];
    offer(house.backend("notes"), [tool("read")], async ({ arguments: args }) => {
      const { at } = args as JsonObject;
      if (at === 0) await first.promise;
      later.push(String(at));
      return { content: [], structuredContent: { at } };
    });
    const all = house.gateway.invokeMany(
      [0, 1, 2].map((at) => ({ tool: "notes/read", args: { at } })),
      caller(),
    );
    while (later.length < 2) await settle();
    first.open();
    expect(later).toEqual(["1", "2"]);
    expect((await all).map((one) => "result" in one && one.result["structuredContent"])).toEqual([
      { at: 0 },
      { at: 1 },
      { at: 2 },
    ]);
  });

  test("keeps one failure to itself: refusals, unknown servers, things that are no address", async () => {
    await using house = openNotes({ tools: rules({ deny: ["write"] }) });
    const requests = ["notes/read", "notes/write", "nobody/read", 5, "notes/read"].map((address) => ({
      tool: address,
      args: {},
    }));
    const outcomes = await house.gateway.invokeMany(requests, caller());
    expect(outcomes.map((one) => ("error" in one ? one.error.code : "ok"))).toEqual([
      "ok",
      "permission_denied",
      "not_found",
      "invalid_argument",
      "ok",
    ]);
  });

  test("starts a stopped server once for all its calls", async () => {
    await using house = openNotes();
    await house.gateway.invokeMany(
      Array.from({ length: 20 }, () => ({ tool: "notes/read", args: {} })),
      caller(),
    );
    expect(house.backend("notes").ledger.filter((line) => line !== "tools/call")).toEqual(["launch", "connect", "tools/list"]);
    expect(house.calls()).toHaveLength(20);
  });

  test("one cancelled caller ends all its calls", async () => {
    await using house = openNotes();
    house.backend("notes").launching = untilAborted;
    const leaving = new AbortController();
    const all = house.gateway.invokeMany(
      [1, 2].map(() => ({ tool: "notes/read", args: {} })),
      caller({ signal: leaving.signal }),
    );
    leaving.abort();
    expect((await all).map((one) => "error" in one && one.error.code)).toEqual(["cancelled", "cancelled"]);
  });
});

test("once the gateway closes new calls are refused and those in flight finish", async () => {
  await using house = openNotes();
  const hold = gate<JsonObject>();
  const asked = gate();
  offer(house.backend("notes"), [tool("read")], () => {
    asked.open();
    return hold.promise;
  });
  const inFlight = invoke(house);
  await asked.promise;
  house.gateway.refuseNewCalls();
  expect(await failed(invoke(house))).toMatchObject({ code: "shutting_down", outcome: "not_executed" });
  expect(await failed(house.gateway.request("notes", "resources/list", {}, caller()))).toMatchObject({ code: "shutting_down" });
  hold.open({ content: [] });
  expect(await inFlight).toEqual({ content: [] });
});
