import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { untilAborted } from "../../support/fake-backend.ts";
import { caller, entry, type House, openHouse, snapshotOf } from "../../support/open-house.ts";

function openDocs(over = {}) {
  const house = openHouse([entry("docs", over)]);
  house.backend("docs").capabilities = { resources: {}, prompts: {} };
  return house;
}

test("a request is passed on with its parameters, and its answer as it came", async () => {
  await using house = openDocs();
  const answer = { resources: [{ uri: "a", "x-unknown": 1 }], "x-more": null };
  house.backend("docs").answering = async (method, params) => (method === "resources/list" ? { ...answer, params } : {});
  const meta = { traceparent: "00-1" };
  expect(await house.gateway.request("docs", "resources/list", { cursor: "2" }, caller({ meta }))).toEqual({
    ...answer,
    params: { cursor: "2", _meta: meta },
  });
});

test("a modern server is told what the host can do, a legacy one is not", async () => {
  await using house = openDocs();
  const heard: unknown[] = [];
  house.backend("docs").answering = async (method, { _meta }) => {
    if (method === "prompts/get") heard.push(_meta);
    return {};
  };
  const asks = caller({ hostCapabilities: { elicitation: {} } });
  await house.gateway.request("docs", "prompts/get", { name: "a" }, asks);
  await house.gateway.manage("stop", "docs", asks);
  house.backend("docs").era = "modern";
  await house.gateway.request("docs", "prompts/get", { name: "a" }, asks);
  expect(heard).toEqual([undefined, { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } }]);
});

test("a server that offers no such thing is not asked; the error says what it does offer", async () => {
  await using house = openDocs();
  house.backend("docs").capabilities = { tools: {}, prompts: {} };
  await expect(house.gateway.request("docs", "resources/read", { uri: "a" }, caller())).rejects.toMatchObject({
    code: "not_found",
    message: 'Server "docs" offers no resources',
    hint: expect.stringContaining("tools, prompts"),
  });
  expect(house.backend("docs").ledger).not.toContain("resources/read");
});

test("the deadline covers start and answer", async () => {
  await using house = openDocs({ callTimeoutMs: 1_000 });
  house.backend("docs").answering = (_method, _params, { signal }) => untilAborted(signal);
  const late = house.gateway.request("docs", "prompts/list", {}, caller()).catch((error: unknown) => error);
  await house.clock.advance(11_000);
  expect(await late).toMatchObject({ code: "deadline_exceeded", message: '"docs" did not answer prompts/list within 11 s' });
});

test("the deadline counts from the moment the request came", async () => {
  await using house = openDocs({ callTimeoutMs: 1_000 });
  house.backend("docs").answering = (_method, _params, { signal }) => untilAborted(signal);
  await house.clock.advance(5_000);
  let ended = false;
  const asked = house.gateway.request("docs", "prompts/list", {}, caller({ since: house.clock.now() - 4_000 }));
  const late = asked
    .catch((error: unknown) => error)
    .finally(() => {
      ended = true;
    });
  await house.clock.advance(6_999);
  expect(ended).toBe(false);
  await house.clock.advance(1);
  expect(await late).toMatchObject({ code: "deadline_exceeded" });
});

test("a server that is switched off is not started for it", async () => {
  await using house = openDocs({ enabled: false });
  await expect(house.gateway.request("docs", "prompts/list", {}, caller())).rejects.toMatchObject({ code: "permission_denied" });
  expect(house.backend("docs").ledger).toEqual([]);
});

const AT_WORK = 32;
const WAITING = 256;
const failure = (reason: unknown): GatewayError => GatewayError.from(reason);
const read = (house: House): Promise<JsonObject> => house.gateway.request("docs", "resources/read", { uri: "a" }, caller());
const unavailable = () => new GatewayError("unavailable", "gone");

describe("the guards of its server", () => {
  test("hold a crowd back: so many are at work, so many wait, and the rest are turned away at once", async () => {
    await using house = openDocs();
    let asked = 0;
    const doors: (() => void)[] = [];
    house.backend("docs").answering = (method) =>
      new Promise((resolve) => {
        if (method === "resources/read") doors.push(() => resolve({ contents: [{ nr: ++asked }] }));
        else resolve({});
      });
    await house.gateway.request("docs", "resources/list", {}, caller());
    const crowd = Array.from({ length: AT_WORK + WAITING + 2 }, () => read(house).catch(failure));
    await house.clock.advance(0);
    expect(doors).toHaveLength(AT_WORK);
    const refused = await Promise.all(crowd.slice(AT_WORK + WAITING));
    for (const one of refused) expect(one).toMatchObject({ code: "resource_exhausted", outcome: "not_executed" });
    for (let served = 0; served < AT_WORK + WAITING; served += 1) {
      while (doors.length === 0) await house.clock.advance(0);
      doors.shift()?.();
    }
    const answers = await Promise.all(crowd.slice(0, AT_WORK + WAITING));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(AT_WORK + WAITING);
  });

  test("count what is at work together with its tool calls", async () => {
    await using house = openDocs();
    house.backend("docs").answering = (method, _params, { signal }) =>
      method === "resources/read" ? untilAborted(signal) : Promise.resolve({});
    await house.gateway.request("docs", "resources/list", {}, caller());
    const leave = new AbortController();
    const reading = house.gateway
      .request("docs", "resources/read", { uri: "a" }, caller({ signal: leave.signal }))
      .catch(failure);
    await house.clock.advance(0);
    expect((await house.gateway.serverStatus("docs")).guard).toMatchObject({ atWork: 1 });
    leave.abort(new GatewayError("cancelled", "enough"));
    expect(await reading).toMatchObject({ code: "cancelled" });
    expect((await house.gateway.serverStatus("docs")).guard).toMatchObject({ atWork: 0 });
  });

  test("open the circuit for a server that does not answer, which is not asked then until it is back", async () => {
    await using house = openDocs();
    let healthy = false;
    let reads = 0;
    house.backend("docs").answering = async (method) => {
      if (method === "resources/read") reads += 1;
      if (!healthy && method !== "initialize") throw unavailable();
      return {};
    };
    const failures: GatewayError[] = [];
    for (let attempt = 0; attempt < 40 && failures.at(-1)?.code !== "circuit_open"; attempt += 1)
      failures.push((await read(house).catch(failure)) as GatewayError);
    expect(failures.at(-1)).toMatchObject({ code: "circuit_open", outcome: "not_executed", backend: "docs" });
    const before = reads;
    expect(await read(house).catch(failure)).toMatchObject({ code: "circuit_open" });
    expect(reads).toBe(before);
    healthy = true;
    await house.clock.advance(120_000);
    await read(house).catch(failure);
    await house.clock.advance(5_000);
    expect(await read(house)).toEqual({});
  });

  test("are those of the entry in force when a place is free: a reload meanwhile costs no request its answer", async () => {
    await using house = openDocs();
    const doors: (() => void)[] = [];
    house.backend("docs").answering = (method) =>
      new Promise((resolve) => (method === "resources/read" ? doors.push(() => resolve({})) : resolve({})));
    await house.gateway.request("docs", "resources/list", {}, caller());
    const first = Array.from({ length: AT_WORK }, () => read(house));
    const waiting = read(house);
    await house.clock.advance(0);
    const renewed = house.backend("docs2");
    renewed.capabilities = { resources: {} };
    renewed.answering = async (method) => (method === "resources/read" ? { contents: ["new"] } : {});
    house.apply(snapshotOf(entry("docs", { digest: "docs2" })));
    for (const open of doors) open();
    await house.clock.advance(0);
    expect(await waiting).toEqual({ contents: ["new"] });
    expect(await Promise.all(first)).toHaveLength(AT_WORK);
  });

  test("tell a request that never left its queue from one that may have run", async () => {
    await using house = openDocs({ callTimeoutMs: 1_000 });
    house.backend("docs").answering = (method, _params, { signal }) =>
      method === "resources/read" ? untilAborted(signal) : Promise.resolve({});
    await house.gateway.request("docs", "resources/list", {}, caller());
    const sent = Array.from({ length: AT_WORK }, () => read(house).catch(failure));
    const hurried = caller({ timeoutMs: 500 });
    const queued = house.gateway.request("docs", "resources/read", { uri: "a" }, hurried).catch(failure);
    await house.clock.advance(500);
    expect(await queued).toMatchObject({ code: "deadline_exceeded", outcome: "not_executed" });
    await house.clock.advance(10_500);
    for (const one of sent) expect(await one).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
  });

  test("wait as long as a server wants to be left alone", async () => {
    await using house = openDocs();
    let reads = 0;
    house.backend("docs").answering = async (method) => {
      if (method !== "resources/read") return {};
      reads += 1;
      if (reads === 1) throw new GatewayError("unavailable", "Too many requests", { httpStatus: 429, retryAfterMs: 3_000 });
      return { contents: [] };
    };
    expect(await read(house).catch(failure)).toMatchObject({ code: "unavailable", retryAfterMs: 3_000 });
    const next = read(house);
    await house.clock.advance(2_999);
    expect(reads).toBe(1);
    await house.clock.advance(1);
    expect(await next).toEqual({ contents: [] });
  });

  test.each([
    { server: "waits for the host", asks: true, breaker: "closed" },
    { server: "is silent", asks: false, breaker: "open" },
  ])("tell silence from patience: of one that $server the circuit is $breaker", async ({ asks, breaker }) => {
    await using house = openDocs({ callTimeoutMs: 60_000 });
    house.backend("docs").answering = async (method, _params, { signal, askHost }) => {
      if (method !== "resources/read") return {};
      if (asks) void askHost?.({ method: "roots/list", params: {} }, signal);
      return untilAborted(signal);
    };
    const host = caller({ askHost: () => new Promise(() => undefined) });
    const ask = () => house.gateway.request("docs", "resources/read", { uri: "a" }, host).catch(failure);
    const late = Array.from({ length: AT_WORK }, ask);
    await house.clock.advance(70_000);
    for (const one of await Promise.all(late)) expect(one).toMatchObject({ code: "deadline_exceeded" });
    expect((await house.gateway.serverStatus("docs")).guard).toMatchObject({ breaker });
  });
});
