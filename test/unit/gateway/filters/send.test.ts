import { expect, test } from "vitest";
import type { ProgressUpdate } from "../../../../src/model/call.ts";
import { GatewayError } from "../../../../src/model/errors.ts";
import { gate, untilAborted } from "../../../support/fake-backend.ts";
import { settle } from "../../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../../support/open-house.ts";

const invoke = (house: House, over: Parameters<typeof caller>[0] = {}) =>
  house.gateway.invoke({ tool: "notes/read", args: {} }, caller(over)).catch((error: unknown) => error as GatewayError);

test("a server that does not answer in the time the registry gives it is told so, with what to do", async () => {
  await using house = openHouse([entry("notes", { callTimeoutMs: 2_000 })]);
  offer(house.backend("notes"), [tool("read")]);
  await invoke(house);
  house.backend("notes").answering = (_method, _params, { signal }) => untilAborted(signal);
  const told = invoke(house);
  await house.clock.advance(2_000);
  expect(await told).toMatchObject({
    code: "deadline_exceeded",
    message: '"notes" did not answer "read" within 2 s',
    backend: "notes",
    hint: "The call may have run: verify its effect before you repeat it, or raise callTimeoutMs in the registry",
  });
});

test("progress of the server reaches its caller, and one that reports is not taken for dead", async () => {
  await using house = openHouse([entry("notes")]);
  const { answering } = offer(house.backend("notes"), [tool("read")]);
  house.backend("notes").answering = async (method, params, options) => {
    if (method !== "tools/call") return await answering(method, params, options);
    house.clock.after(1_000, () => options.onProgress?.({ progress: 1 }));
    return await untilAborted(options.signal);
  };
  const updates: ProgressUpdate[] = [];
  for (let call = 0; call < 6; call += 1) {
    const told = invoke(house, { timeoutMs: 10_000, onProgress: (update) => updates.push(update) });
    await house.clock.advance(10_000);
    expect(await told).toMatchObject({ code: "deadline_exceeded" });
  }
  expect(updates.filter(({ progress }) => progress === 1)).toHaveLength(6);
});

test("a caller that wants no progress has the server asked for none", async () => {
  await using house = openHouse([entry("notes")]);
  const { answering } = offer(house.backend("notes"), [tool("read")]);
  const wanted: boolean[] = [];
  house.backend("notes").answering = async (method, params, options) => {
    if (method === "tools/call") wanted.push(options.onProgress !== undefined);
    return await answering(method, params, options);
  };
  await invoke(house);
  await invoke(house, { onProgress: () => {} });
  expect(wanted).toEqual([false, true]);
});

test("a call whose server is replaced while it starts goes to the new one", async () => {
  await using house = openHouse([entry("notes")]);
  house.backend("notes").launching = untilAborted;
  offer(house.backend("notes-2"), [tool("read")]);
  const told = invoke(house);
  await settle();
  house.apply(snapshotOf(entry("notes", { digest: "notes-2" })));
  expect(await told).toHaveProperty("content");
  expect(house.backend("notes-2").ledger).toContain("tools/call");
});

test("a call that may have run is not sent to the new one", async () => {
  await using house = openHouse([entry("notes")]);
  const { answering } = offer(house.backend("notes"), [tool("read")]);
  const hung = gate<never>();
  house.backend("notes").answering = (method, params, options) =>
    method === "tools/call" ? hung.promise : answering(method, params, options);
  offer(house.backend("notes-2"), [tool("read")]);
  const told = invoke(house);
  await settle();
  house.apply(snapshotOf(entry("notes", { digest: "notes-2" })));
  hung.fail(new GatewayError("unavailable", "Hung up"));
  expect(await told).toMatchObject({ code: "unavailable", outcome: "unknown" });
  expect(house.backend("notes-2").ledger).not.toContain("tools/call");
});

test("a server whose tools cannot be read has not run the call", async () => {
  await using house = openHouse([entry("notes")]);
  house.backend("notes").answering = () => Promise.reject(new GatewayError("upstream_protocol", "That was no list"));
  expect(await invoke(house)).toMatchObject({ code: "upstream_protocol", outcome: "not_executed" });
});
