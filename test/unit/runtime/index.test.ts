import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EngineConnector } from "../../../src/runtime/engine-connector.ts";
import { createDrivers, runtimeKinds } from "../../../src/runtime/index.ts";
import { systemClock } from "../../../src/time/clock.ts";

test("every kind of runtime has a driver, and every driver a kind", async () => {
  const runtimeDir = join(tmpdir(), "sallyport-never-made");
  await using engines = new EngineConnector({ clock: systemClock, runtimeDir });
  const leases = { acquire: () => Promise.reject(new Error("not asked")), holders: () => Promise.resolve([]) };
  const drivers = createDrivers({ clock: systemClock, containers: { engines, leases, runtimeDir, gatewayNonce: "test" } });
  expect([...drivers.keys()]).toEqual(runtimeKinds.map((kind) => kind.kind));
  for (const [kind, driver] of drivers) expect(driver.kind).toBe(kind);
});

test("without what containers need there is no driver for them", () => {
  expect([...createDrivers({ clock: systemClock }).keys()]).toEqual(["process", "remote"]);
});

test("no two kinds share the key that chooses them, and each shape holds its key", () => {
  const keys = runtimeKinds.map((kind) => kind.key);
  expect(new Set(keys).size).toBe(keys.length);
  for (const kind of runtimeKinds) expect(kind.shape).toHaveProperty(kind.key);
});
