import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { gate } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const invoke = (house: House, address: string) => house.gateway.invoke({ tool: address, args: {} }, caller());
const stateOf = async (house: House, server: string) =>
  (await house.gateway.listServers()).find((card) => card.server === server)?.state;

/** A house with "files" and "notes", both running. */
async function openBoth(): Promise<House> {
  const house = openHouse([entry("files"), entry("notes")]);
  for (const digest of ["files", "notes", "notes 2"]) offer(house.backend(digest), [tool("use")], async () => ({ from: digest }));
  await invoke(house, "files/use");
  await invoke(house, "notes/use");
  return house;
}

describe("a new snapshot", () => {
  test("leaves untouched backends running and starts nothing", async () => {
    await using house = await openBoth();
    house.apply(snapshotOf(entry("files"), entry("notes"), entry("added")));
    expect(await stateOf(house, "files")).toBe("running");
    expect(house.backend("added").ledger).toEqual([]);
    await invoke(house, "files/use");
    expect(house.backend("files").launches).toBe(1);
  });

  test("lets a call in flight to a changed backend finish on the old one while new calls go to the new one", async () => {
    await using house = await openBoth();
    const answer = gate<JsonObject>();
    offer(house.backend("notes"), [tool("use")], () => answer.promise);
    const inFlight = invoke(house, "notes/use");
    await settle();
    house.apply(snapshotOf(entry("files"), entry("notes", { digest: "notes 2" })));
    expect(await invoke(house, "notes/use")).toEqual({ from: "notes 2" });
    expect(house.backend("notes").ledger).not.toContain("connection closed");
    answer.open({ from: "notes" });
    expect(await inFlight).toEqual({ from: "notes" });
    await settle();
    expect(house.backend("notes").ledger.slice(-2)).toEqual(["connection closed", "workload closed"]);
  });

  test("waits for calls in flight no longer than drainMs", async () => {
    await using house = await openBoth();
    const answer = gate<JsonObject>();
    offer(house.backend("notes"), [tool("use")], () => answer.promise);
    const inFlight = invoke(house, "notes/use");
    await settle();
    house.apply(snapshotOf(entry("files")));
    await house.clock.advance(4_999);
    expect(house.backend("notes").ledger).not.toContain("workload closed");
    await house.clock.advance(1);
    expect(house.backend("notes").ledger).toContain("workload closed");
    answer.open({});
    await inFlight;
  });

  test("does not make a call that fails after its backend was removed look as if it had never run", async () => {
    await using house = await openBoth();
    const answer = gate<JsonObject>();
    offer(house.backend("notes"), [tool("use")], () => answer.promise);
    const inFlight = invoke(house, "notes/use").catch((error: unknown) => error);
    await settle();
    house.apply(snapshotOf(entry("files")));
    answer.fail(new GatewayError("unavailable", "The connection broke"));
    expect(await inFlight).toMatchObject({ code: "unavailable", outcome: "unknown" });
  });

  test("takes the tools of a removed backend out of sight, and its name with them", async () => {
    await using house = await openBoth();
    house.apply(snapshotOf(entry("files")));
    const { results } = await house.gateway.discover({ needs: ["use"], limit: 5 }, caller());
    expect(results[0]?.hits.map((hit) => hit.tool)).toEqual(["files/use"]);
    await expect(invoke(house, "notes/use")).rejects.toMatchObject({ code: "not_found" });
  });

  test("gives a changed backend that could not start a first attempt again", async () => {
    await using house = openHouse([entry("notes")]);
    house.backend("notes").launching = () => Promise.reject(new Error("no"));
    const ask = () => house.gateway.discover({ needs: ["use"], limit: 1 }, caller());
    expect((await ask()).unknown).toHaveLength(1);
    offer(house.backend("notes 2"), [tool("use")]);
    house.apply(snapshotOf(entry("notes", { digest: "notes 2" })));
    expect(await ask()).toMatchObject({ unknown: [], results: [{ hits: [{ tool: "notes/use" }] }] });
  });
});

test("a change that the backend announces is read at once and shows in the next answer", async () => {
  await using house = await openBoth();
  offer(house.backend("notes"), [tool("use"), tool("fresh")]);
  house.backend("notes").notify("notifications/tools/list_changed", {});
  await settle();
  expect((await house.gateway.describe(["notes/fresh"], caller())).tools).toHaveLength(1);
  expect(house.backend("notes").ledger.filter((line) => line === "tools/list")).toHaveLength(2);
});

test("no more than four backends start at the same time", async () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  await using house = openHouse(ids.map((id) => entry(id)));
  const doors = ids.map(() => gate());
  ids.forEach((id, at) => {
    offer(house.backend(id), [tool("use")]).launching = () => doors[at]?.promise ?? Promise.resolve();
  });
  const all = house.gateway.invokeMany(
    ids.map((id) => ({ tool: `${id}/use`, args: {} })),
    caller(),
  );
  const launched = () => ids.filter((id) => house.backend(id).launches > 0);
  await settle();
  expect(launched()).toEqual(["a", "b", "c", "d"]);
  doors[0]?.open();
  await settle();
  expect(launched()).toEqual(["a", "b", "c", "d", "e"]);
  for (const door of doors) door.open();
  expect((await all).every((outcome) => "result" in outcome)).toBe(true);
});

test("an entry of a kind this version cannot run says so when it is called", async () => {
  await using house = openHouse([entry("vm", { runtime: "hypervisor" })]);
  await expect(invoke(house, "vm/use")).rejects.toMatchObject({
    code: "needs_config",
    message: 'Cannot start "vm": this version cannot run hypervisor entries',
  });
});

test("closing the gateway closes every backend, connection first", async () => {
  const house = await openBoth();
  await house[Symbol.asyncDispose]();
  for (const digest of ["files", "notes"])
    expect(house.backend(digest).ledger.slice(-2)).toEqual(["connection closed", "workload closed"]);
  await expect(invoke(house, "files/use")).rejects.toMatchObject({ code: "shutting_down" });
});

describe("manage", () => {
  const manage = (house: House, action: "start" | "stop" | "restart" | "refresh" | "reset", server = "notes") =>
    house.gateway.manage(action, server, caller());

  test("starts, stops and restarts a server", async () => {
    await using house = await openBoth();
    expect(await manage(house, "stop")).toMatchObject({ state: "stopped" });
    expect(await manage(house, "start")).toMatchObject({ state: "running", tools: 1 });
    expect(await manage(house, "restart")).toMatchObject({ state: "running" });
    expect(house.backend("notes").launches).toBe(3);
  });

  test("reads the tools anew on refresh", async () => {
    await using house = await openBoth();
    offer(house.backend("notes"), [tool("use"), tool("fresh")]);
    expect(await manage(house, "refresh")).toMatchObject({ tools: 2 });
  });

  test("forgets failed starts on reset, and starts nothing by that", async () => {
    await using house = openHouse([entry("notes")]);
    house.backend("notes").launching = () => Promise.reject(new Error("no"));
    await invoke(house, "notes/use").catch(() => {});
    expect(await house.gateway.serverStatus("notes")).toMatchObject({
      state: "failed",
      error: 'Cannot start "notes": no',
      retryAfterMs: 1_000,
    });
    expect(await manage(house, "reset")).toMatchObject({ state: "stopped", error: undefined });
    expect(house.backend("notes").launches).toBe(1);
  });

  test("does not start what the registry keeps from starting, and may stop it", async () => {
    await using house = openHouse([entry("notes", { enabled: false })]);
    for (const action of ["start", "restart", "refresh", "reset"] as const)
      await expect(manage(house, action)).rejects.toMatchObject({ code: "permission_denied" });
    expect(await manage(house, "stop")).toMatchObject({ state: "disabled" });
    expect(house.backend("notes").ledger).toEqual([]);
  });

  test("tells near names for a server nobody knows", async () => {
    await using house = await openBoth();
    await expect(manage(house, "start", "node")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining('"notes"'),
    });
  });
});

test("warm servers start in the background, but for those that may not", async () => {
  const off = { warm: true, enabled: false };
  await using house = openHouse([entry("warm", { warm: true }), entry("cold"), entry("off", off)]);
  house.gateway.warmUp();
  await settle();
  expect(["warm", "cold", "off"].map((id) => house.backend(id).launches)).toEqual([1, 0, 0]);
});

test("status hides nothing that a reader cannot see in the log of a server", async () => {
  await using house = await openBoth();
  house.backend("notes").logLines = ["\u001b[31mred", "plain"];
  expect((await house.gateway.serverStatus("notes")).log).toEqual(["\\u{1b}[31mred", "plain"]);
});
