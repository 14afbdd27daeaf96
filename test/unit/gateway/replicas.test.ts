import { describe, expect, test } from "vitest";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { type ErrorContext, GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { gate, untilAborted } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const NOTES = { replicas: 2, affinity: "none" } as const;

/** A house with one server "notes" of two replicas, both running. */
async function openNotes(over: Partial<BackendSpec> = {}): Promise<House> {
  const house = openHouse([entry("notes", { ...NOTES, ...over })]);
  for (const replica of [0, 1]) offer(house.backend("notes", replica), [tool("write")]);
  await house.gateway.manage("start", "notes", caller());
  await settle();
  return house;
}

const invoke = (house: House) => house.gateway.invoke({ tool: "notes/write", args: {} }, caller());
const failed = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );
const unavailable = (context: ErrorContext = {}) => new GatewayError("unavailable", "Cannot get an answer", context);
const failing = (error: () => GatewayError) => async (): Promise<JsonObject> => {
  throw error();
};
const count = (house: House, line: string) =>
  [0, 1].map((replica) => house.backend("notes", replica).ledger.filter((entry) => entry === line).length);

test("calls are spread, and no replica is asked for its tools again because another one was", async () => {
  await using house = await openNotes();
  const lists = count(house, "tools/list");
  for (let call = 0; call < 10; call += 1) await invoke(house);
  expect(count(house, "tools/call")).toEqual([5, 5]);
  expect(count(house, "tools/list")).toEqual(lists);
});

test("status shows the standing of each replica, and what the server needs stays in sight", async () => {
  await using house = await openNotes();
  const sick = offer(
    house.backend("notes", 1),
    [tool("write")],
    failing(() => unavailable({ outcome: "not_executed" })),
  );
  for (let call = 0; call < 10; call += 1) await invoke(house);
  expect(await house.gateway.serverStatus("notes")).toMatchObject({
    state: "running",
    replicas: [
      { replica: 0, state: "running", ejected: false, inFlight: 0, error: undefined },
      { replica: 1, state: "running", ejected: true },
    ],
  });
  sick.die();
  await settle();
  sick.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
  await house.gateway.manage("start", "notes", caller());
  await settle();
  expect((await house.gateway.serverStatus("notes")).replicas?.[1]).toMatchObject({
    state: "failed",
    error: expect.stringContaining("Command not found"),
    retryAfterMs: 1_000,
  });
});

test("a server with one replica shows none", async () => {
  await using house = openHouse([entry("notes")]);
  expect((await house.gateway.serverStatus("notes")).replicas).toBeUndefined();
});

describe("the circuit", () => {
  test("stays closed while only one of the replicas fails", async () => {
    await using house = await openNotes();
    offer(
      house.backend("notes", 0),
      [tool("write")],
      failing(() => unavailable()),
    );
    const outcomes: unknown[] = [];
    for (let call = 0; call < 40; call += 1) outcomes.push(await failed(invoke(house)));
    expect(outcomes.filter((outcome) => outcome !== "no failure")).toHaveLength(5);
    expect((await house.gateway.serverStatus("notes")).guard.breaker).toBe("closed");
  });

  test("opens when all of them fail", async () => {
    await using house = await openNotes();
    for (const replica of [0, 1])
      offer(
        house.backend("notes", replica),
        [tool("write")],
        failing(() => unavailable()),
      );
    for (let call = 0; call < 8; call += 1) await failed(invoke(house));
    expect((await house.gateway.serverStatus("notes")).guard.breaker).not.toBe("closed");
  });
});

test("a replica that hangs is passed over once 5 calls in a row had no sign of life from it", async () => {
  await using house = await openNotes({ callTimeoutMs: 20_000 });
  house.backend("notes", 0).answering = (_method, _params, { signal }) => untilAborted(signal);
  const calls = Array.from({ length: 10 }, () => failed(invoke(house)));
  await house.clock.advance(20_000);
  expect((await Promise.all(calls)).filter((outcome) => outcome !== "no failure")).toHaveLength(5);
  expect((await house.gateway.serverStatus("notes")).replicas?.map(({ ejected }) => ejected)).toEqual([true, false]);
  expect(await failed(invoke(house))).toBe("no failure");
});

test("a reload drains all replicas of the old entry and calls go to those of the new", async () => {
  await using house = await openNotes();
  const held = gate<JsonObject>();
  for (const replica of [0, 1]) offer(house.backend("notes", replica), [tool("write")], () => held.promise);
  const old = [invoke(house), invoke(house)];
  await settle();
  expect(count(house, "tools/call")).toEqual([1, 1]);
  offer(house.backend("changed", 0), [tool("write")]);
  offer(house.backend("changed", 1), [tool("write")]);
  offer(house.backend("changed", 2), [tool("write")]);
  house.apply(snapshotOf(entry("notes", { ...NOTES, replicas: 3, digest: "changed" })));
  await invoke(house);
  expect(count(house, "workload closed")).toEqual([0, 0]);
  held.open({ content: [] });
  expect(await Promise.all(old)).toEqual([{ content: [] }, { content: [] }]);
  await settle();
  expect(count(house, "workload closed")).toEqual([1, 1]);
  expect(count(house, "tools/call")).toEqual([1, 1]);
});

test("the log says which replica changed", async () => {
  await using house = await openNotes();
  const changes = house.log.filter(({ message }) => message === "backend").map(({ fields }) => fields["detail"]);
  expect(new Set(changes)).toEqual(new Set(["replica 0", "replica 1"]));
});
