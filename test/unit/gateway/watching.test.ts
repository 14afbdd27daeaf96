import { expect, test } from "vitest";
import { status } from "../../../src/faces/mcp/meta-tools/status.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const TOOLS = [tool("read", { annotations: { readOnlyHint: true } }), tool("write")];
const gone = () => new GatewayError("unavailable", "It is gone", { outcome: "unknown" });

const invoke = (house: House, name = "notes/read") =>
  house.gateway.invoke({ tool: name, args: {} }, caller()).catch(() => undefined);
const textOf = async (house: House, args = {}): Promise<string> => {
  const { content } = readRaw(await status.run(args, house.gateway, caller()));
  return (content as readonly { readonly text: string }[])[0]?.text ?? "";
};
const alertsOf = async (house: House): Promise<readonly string[]> =>
  (await house.gateway.status()).alerts.map(({ server, rule, level }) => `${server} ${rule} ${level}`);

test("a server that cannot start is told once it has been down for a minute, until it can", async () => {
  await using house = openHouse([entry("notes")]);
  offer(house.backend("notes"), TOOLS).launching = () => Promise.reject(new GatewayError("start_failed", "No such program"));
  await invoke(house);
  expect(await alertsOf(house)).toEqual([]);
  await house.clock.advance(66_000);
  expect(await alertsOf(house)).toEqual(["notes down critical"]);
  expect(await textOf(house)).toContain("\ncritical: notes: it has been down for ");
  expect(await textOf(house, { server: "notes" })).toContain("\ncritical: notes: it has been down for ");
  house.backend("notes").launching = () => Promise.resolve();
  await invoke(house);
  expect(await alertsOf(house)).toEqual([]);
  expect(house.log.filter(({ message }) => message.startsWith("alert"))).toMatchObject([
    { level: "error", message: "alert", fields: { server: "notes", rule: "down", level: "critical" } },
    { level: "warn", message: "alert over", fields: { server: "notes", rule: "down", level: "ok" } },
  ]);
});

test("a server whose circuit is open is down, until it closes", async () => {
  await using house = openHouse([entry("notes")]);
  const backend = offer(house.backend("notes"), TOOLS, () => Promise.reject(gone()));
  for (let time = 0; time < 5; time += 1) await invoke(house, "notes/write");
  expect((await house.gateway.serverStatus("notes")).guard.breaker).toBe("open");
  await house.clock.advance(66_000);
  expect(await alertsOf(house)).toEqual(["notes down critical"]);
  offer(backend, TOOLS);
  await invoke(house, "notes/write");
  expect(await alertsOf(house)).toEqual([]);
});

test("a server is not down as long as one of its replicas serves", async () => {
  await using house = openHouse([entry("twins", { replicas: 2, affinity: "none" })]);
  offer(house.backend("twins", 0), TOOLS).launching = () => Promise.reject(new GatewayError("start_failed", "No such program"));
  offer(house.backend("twins", 1), TOOLS);
  for (let time = 0; time < 4; time += 1) await Promise.all([invoke(house, "twins/write"), invoke(house, "twins/write")]);
  expect((await house.gateway.serverStatus("twins")).replicas?.map(({ state }) => state).sort()).toEqual(["failed", "running"]);
  await house.clock.advance(66_000);
  expect(await alertsOf(house)).toEqual([]);
});

test("the registry's rules hold from the moment they are written", async () => {
  await using house = openHouse([entry("notes")]);
  offer(house.backend("notes"), TOOLS, async () => {
    await house.clock.advance(30);
    return { content: [] };
  });
  for (let time = 0; time < 21; time += 1) await invoke(house);
  expect(await alertsOf(house)).toEqual([]);
  const snapshot = snapshotOf(entry("notes"));
  const alerts = { ...snapshot.settings.alerts, p95Ms: { warn: 10, critical: 0 } };
  house.apply({ ...snapshot, settings: { ...snapshot.settings, alerts } });
  expect(await alertsOf(house)).toEqual(["notes latency warning"]);
});

test("a server that leaves the registry takes its figures and alerts along", async () => {
  await using house = openHouse([entry("notes"), entry("other")]);
  offer(house.backend("notes"), TOOLS);
  await invoke(house);
  expect(await house.gateway.ops.metrics()).toContain('sallyport_backend="notes"');
  house.apply(snapshotOf(entry("other")));
  expect(await house.gateway.ops.metrics()).not.toContain('sallyport_backend="notes"');
});

test("a server whose entry has changed is not down for what was wrong with the old one", async () => {
  await using house = openHouse([entry("notes")]);
  offer(house.backend("notes"), TOOLS).launching = () => Promise.reject(new GatewayError("start_failed", "No such program"));
  await invoke(house);
  await house.clock.advance(66_000);
  expect(await alertsOf(house)).toEqual(["notes down critical"]);
  house.apply(snapshotOf(entry("notes", { digest: "mended" })));
  expect(await alertsOf(house)).toEqual([]);
});

test("calls that end after their server has left the registry raise no alert", async () => {
  await using house = openHouse([entry("notes"), entry("other")]);
  const ends: (() => void)[] = [];
  offer(house.backend("notes"), TOOLS, () => new Promise((_resolve, reject) => ends.push(() => reject(gone()))));
  const calls = Array.from({ length: 25 }, () => invoke(house, "notes/write"));
  await house.clock.advance(1);
  expect(ends).toHaveLength(25);
  house.apply(snapshotOf(entry("other")));
  for (const end of ends) end();
  await Promise.all(calls);
  expect(house.calls().filter(({ code }) => code === "unavailable")).toHaveLength(25);
  expect(await alertsOf(house)).toEqual([]);
});

test("status tells where the time of a server's calls went, by a clock that only the server moves", async () => {
  await using house = openHouse([entry("notes")]);
  const backend = offer(house.backend("notes"), TOOLS, async () => {
    await house.clock.advance(20);
    return { content: [] };
  });
  backend.launching = () => house.clock.advance(300);
  for (let time = 0; time < 3; time += 1) await invoke(house);
  expect(await house.gateway.serverStatus("notes")).toMatchObject({
    figures: { calls: 3, starts: 1, latency: { count: 2, maxMs: 20 } },
    times: {
      inServer: { count: 2, maxMs: 20 },
      ours: { count: 2, maxMs: 0 },
      starts: { count: 1, maxMs: 300 },
      firstCalls: { count: 1, maxMs: 320 },
    },
    byTool: [{ tool: "read", calls: 3 }],
  });
  const text = await textOf(house, { server: "notes" });
  expect(text.split("\n").slice(1)).toEqual([
    "3 calls, 0 failed, 0 tool errors, 0 in flight",
    "Calls take p50 20 ms, p95 20 ms, p99 20 ms",
    "Of that in the server p95 20 ms, in Sallyport p95 0 ms",
    "Started once, 300 ms",
    "Waited for a start: 1 calls, 320 ms",
    "- read: 3 calls, p50 20 ms, p95 20 ms, p99 20 ms",
  ]);
  expect(await textOf(house)).toContain("\nnotes [running]: 3 calls, 0 failed, 0 tool errors, 0 in flight; p50 20 ms, p95 20 ms");
});

test("tokens are counted as they are shown, and what was not shown was spared", async () => {
  await using house = openHouse([entry("notes", { tools: { allow: undefined, deny: ["write"], overrides: new Map() } })]);
  offer(house.backend("notes"), [tool("read", { description: "Reads a note. ".repeat(200) }), tool("write")]);
  const tokens = async () => (await house.gateway.status()).tokens;
  expect(await tokens()).toEqual({ exposed: 0, avoided: 0 });
  house.gateway.ops.tellShown(400);
  expect(await tokens()).toEqual({ exposed: 100, avoided: 0 });
  await house.gateway.manage("start", "notes", caller());
  const offered = Math.ceil((JSON.stringify(TOOLS_SHOWN).length - 400) / 4);
  expect(await tokens()).toEqual({ exposed: 100, avoided: offered });
  await house.gateway.describe(["notes/read"], caller());
  expect(await tokens()).toMatchObject({ avoided: 0 });
});

const TOOLS_SHOWN = tool("read", { description: "Reads a note. ".repeat(200) });
