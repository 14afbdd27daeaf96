import { expect } from "vitest";
import { abandonAll } from "./support/abandon.ts";
import { caller, openBench } from "./support/bench.ts";
import { callMany, expectHonest, isShed } from "./support/calls.ts";
import { startFlakyHttp } from "./support/flaky-http.ts";
import { faultCase } from "./support/levels.ts";
import { expectOthersUnaffected, openHttpClinic, untilInFlight } from "./support/ward.ts";

/** So many calls of one backend are at work and so many wait. */
const FULL = 32 + 256;

for (const era of ["legacy", "modern"] as const) {
  faultCase(`F20 a ${era} backend takes 32 calls, 256 wait, and the rest are turned away at once`, async (level) => {
    await using clinic = await openHttpClinic(era);
    const { patient, gateway } = clinic;
    patient.hold();
    const first = callMany(gateway, "patient/write", FULL);
    await untilInFlight(clinic, FULL);
    expect((await gateway.serverStatus("patient")).guard).toMatchObject({ atWork: 32, queued: 256 });
    const shed = await callMany(gateway, "patient/write", Math.max(1, level));
    expect(shed.map(({ error }) => error?.code)).toEqual(shed.map(() => "resource_exhausted"));
    await expectOthersUnaffected(clinic);
    patient.recover();
    const served = await first;
    expect(served.filter(({ error }) => error)).toEqual([]);
    expectHonest([...shed, ...served], patient.ledger, false);
  });

  faultCase(`F20 callers who leave the queue of a ${era} backend give their places to others at once`, async (level) => {
    await using clinic = await openHttpClinic(era);
    const { patient, gateway } = clinic;
    patient.hold();
    const leaving = abandonAll(gateway, "patient/write", FULL);
    await untilInFlight(clinic, FULL);
    leaving.leave();
    const codes = new Set((await leaving.told).map(({ error }) => error?.code));
    expect([...codes]).toEqual(["cancelled"]);
    expect((await gateway.serverStatus("patient")).guard).toMatchObject({ atWork: 0, queued: 0 });
    patient.recover();
    const next = await callMany(gateway, "patient/write", Math.max(1, level));
    expect(next.filter(({ error }) => error)).toEqual([]);
    expectHonest(next, patient.ledger, false);
    expect((await gateway.serverStatus("patient")).figures.trips).toBe(0);
  });
}

faultCase("F20 ten thousand calls of 40 backends: 4,096 are taken, the rest are turned away, none is lost", async () => {
  const names = Array.from({ length: 40 }, (_, at) => `b${at}`);
  await using backend = await startFlakyHttp("modern");
  await using bench = openBench(Object.fromEntries(names.map((name) => [name, { url: backend.url, callTimeoutMs: 600_000 }])));
  await Promise.all(names.map((name) => callMany(bench.gateway, `${name}/write`, 1)));
  backend.hold();
  const all = Promise.all(names.map((name) => callMany(bench.gateway, `${name}/write`, 250)));
  const found = await bench.gateway.discover({ needs: ["write"], limit: 3 }, caller());
  expect(found.results).toHaveLength(1);
  const guards = await Promise.all(names.map(async (name) => (await bench.gateway.serverStatus(name)).guard));
  expect(guards.reduce((sum, { atWork, queued }) => sum + atWork + queued, 0)).toBe(4_096);
  backend.recover();
  const told = (await all).flat();
  expectHonest(told, backend.ledger, false);
  expect(told).toHaveLength(10_000);
  expect(told.filter(isShed)).toHaveLength(10_000 - 4_096);
  expect(told.filter(({ error }) => error && !isShed({ key: "", answers: 1, error }))).toEqual([]);
}, [0]);

faultCase("F29 equal calls under one idempotency key are run once, and all are told what came of it", async (level) => {
  await using clinic = await openHttpClinic("modern");
  const { patient, gateway } = clinic;
  patient.hold();
  const request = { tool: "patient/write", args: { key: "same" }, idempotencyKey: "order 7" };
  const answers = Array.from({ length: Math.max(2, level) }, () => gateway.invoke(request, caller()));
  await untilInFlight(clinic, 1);
  patient.recover();
  expect(new Set((await Promise.all(answers)).map((answer) => JSON.stringify(answer))).size).toBe(1);
  await gateway.invoke(request, caller());
  expect(patient.ledger.filter((key) => key === "same")).toHaveLength(1);
});

faultCase("F29 the failure of a call under an idempotency key is shared and not repeated", async (level) => {
  await using clinic = await openHttpClinic("modern");
  const { patient, gateway } = clinic;
  patient.hold();
  const request = { tool: "patient/write", args: { key: "same" }, idempotencyKey: "order 8" };
  const ask = () => gateway.invoke(request, caller()).catch((error: unknown) => error);
  const answers = Array.from({ length: Math.max(2, level) }, ask);
  await untilInFlight(clinic, 1);
  patient.fall({ runs: true, answer: (_request, response) => void response.socket?.resetAndDestroy() });
  for (const error of await Promise.all(answers)) expect(error).toMatchObject({ code: "unavailable", outcome: "unknown" });
  patient.recover();
  expect(await ask()).toMatchObject({ outcome: "unknown" });
  expect(patient.ledger.filter((key) => key === "same")).toHaveLength(1);
});
