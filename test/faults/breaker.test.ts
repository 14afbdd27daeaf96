import { expect, vi } from "vitest";
import type { Era } from "../../src/model/ports.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { json, silent, status } from "../support/scripted-http.ts";
import { call, callMany, expectHonest, isShed } from "./support/calls.ts";
import { faultCase, type Level } from "./support/levels.ts";
import { openHttpClinic } from "./support/ward.ts";

const FAILING = { runs: false, answer: status(500) };
const DISCOVERY = {
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: "private",
};

/** A gateway on a clock of the test, whose patient counts the probes it gets. */
async function openTimed(era: Era) {
  const clock = new ManualClock();
  /** `callsBefore`: how many calls had been sent when the latest probe came. */
  const probe = { ill: false, count: 0, callsBefore: 0, calls: () => 0 };
  const onProbe: ReturnType<typeof json> = (request, response) => {
    probe.count += 1;
    probe.callsBefore = probe.calls();
    if (probe.ill) status(500)(request, response);
    else json(era === "modern" ? DISCOVERY : {})(request, response);
  };
  const on = { [era === "modern" ? "server/discover" : "ping"]: onProbe };
  const clinic = await openHttpClinic(era, { on }, { clock });
  probe.count = 0;
  probe.calls = () => clinic.patient.http.of("tools/call").length;
  return { ...clinic, clock, probe, guard: async () => (await clinic.gateway.serverStatus("patient")).guard };
}

type Timed = Awaited<ReturnType<typeof openTimed>>;

/** Lets real sockets do their work until it is done; no time passes on the gateway's clock. */
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(done, { interval: 1, timeout: 10_000 });
}

/** Opens the circuit: at the latest the fifth failure does. */
async function trip({ patient, gateway, guard }: Timed): Promise<void> {
  patient.fall(FAILING);
  for (let failure = 1; failure <= 5 && (await guard()).breaker === "closed"; failure += 1) await call(gateway, "patient/write");
  expect((await guard()).breaker).toBe("open");
}

/** Lets the open time pass; the first who asks begins the probes. */
async function passOpenTime({ clock, guard }: Timed): Promise<void> {
  await clock.advance((await guard()).retryAfterMs);
}

const callsFor = (level: Level): number => Math.max(1, level);

for (const era of ["legacy", "modern"] as const) {
  faultCase(`F2 five calls of a ${era} backend that hang for 60 s each open the circuit`, async (level) => {
    await using clinic = await openTimed(era);
    const { patient, gateway, clock, guard } = clinic;
    patient.fall({ runs: true, answer: silent });
    for (let failure = 1; failure <= 5; failure += 1) {
      const before = patient.ledger.length;
      const answer = call(gateway, "patient/write", { timeoutMs: 60_000 });
      await until(() => patient.ledger.length > before);
      await clock.advance(60_000);
      expect((await answer).error).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
    }
    const shed = await callMany(gateway, "patient/write", callsFor(level));
    expect(shed.map(({ error }) => error?.code)).toEqual(shed.map(() => "circuit_open"));
    expectHonest(shed, patient.ledger, false);
    expect((await guard()).retryAfterMs).toBeLessThanOrEqual(1_500);
    expect((await call(gateway, "neighbour/write")).error).toBeUndefined();
  });

  faultCase(`F28 when a ${era} backend may be back, two probes of our own ask, and no call`, async (level) => {
    await using clinic = await openTimed(era);
    await trip(clinic);
    const { patient, gateway, probe, guard } = clinic;
    await passOpenTime(clinic);
    patient.recover();
    const asked = patient.http.of("tools/call").length;
    const told = callMany(gateway, "patient/write", callsFor(level));
    await until(() => probe.count >= 2);
    expect(probe.callsBefore, "calls before the verdict").toBe(asked);
    const answers = await withTime(clinic, told);
    expect(answers.filter(({ error }) => error)).toEqual([]);
    expect(probe.count).toBe(2);
    expect(await guard()).toMatchObject({ breaker: "closed" });
    expectHonest(answers, patient.ledger, false);
  });

  faultCase(`F28 a bad probe of a ${era} backend opens the circuit again, for longer, and no call was sent`, async (level) => {
    await using clinic = await openTimed(era);
    const { patient, gateway, probe, guard } = clinic;
    await trip(clinic);
    probe.ill = true;
    for (const [least, most] of [
      [1_000, 3_000],
      [2_000, 6_000],
    ] as const) {
      await passOpenTime(clinic);
      const told = await callMany(gateway, "patient/write", callsFor(level));
      expect(told.every(isShed)).toBe(true);
      expectHonest(told, patient.ledger, false);
      expect((await guard()).retryAfterMs).toBeGreaterThanOrEqual(least);
      expect((await guard()).retryAfterMs).toBeLessThanOrEqual(most);
    }
    expect(patient.ledger).toHaveLength(1);
  });

  faultCase(`F28 a ${era} backend that came back is called by one at a time, then two, four and so on`, async (level) => {
    await using clinic = await openTimed(era);
    const { patient, gateway } = clinic;
    await trip(clinic);
    await passOpenTime(clinic);
    patient.hold();
    const told = callMany(gateway, "patient/write", Math.max(3, level));
    await until(() => patient.held === 1);
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(patient.held, "at work after the circuit closed").toBe(1);
    patient.recover();
    const answers = await withTime(clinic, told);
    expect(answers.filter(({ error }) => error)).toEqual([]);
    expectHonest(answers, patient.ledger, false);
  });

  faultCase(`F28 one failure right after a ${era} backend came back does not open its circuit again`, async () => {
    await using clinic = await openTimed(era);
    const { patient, gateway, guard } = clinic;
    await trip(clinic);
    await passOpenTime(clinic);
    patient.recover();
    await withTime(clinic, callMany(gateway, "patient/write", 1));
    patient.fall(FAILING);
    expect((await call(gateway, "patient/write")).error?.httpStatus).toBe(500);
    expect((await guard()).breaker).toBe("closed");
  });

  faultCase(`F28 what calls of a ${era} backend come to that began before its circuit opened counts no more`, async (level) => {
    await using clinic = await openTimed(era);
    const { patient, gateway, guard } = clinic;
    patient.hold();
    const early = callMany(gateway, "patient/write", Math.min(20, callsFor(level)));
    await until(() => patient.held === Math.min(20, callsFor(level)));
    const held = patient.held;
    for (let failure = 0; failure < 5; failure += 1) {
      const answer = call(gateway, "patient/write");
      await until(() => patient.held === held + failure + 1);
      void answer;
    }
    patient.fall({ ...FAILING, calls: held + 5 });
    await early;
    await until(async () => (await guard()).breaker === "open");
    expect((await gateway.serverStatus("patient")).figures.trips).toBe(1);
  });
}

/** Answers that need time to pass: a slow start takes its next step each second. */
async function withTime<T>({ clock }: Timed, work: Promise<T>): Promise<T> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  for (let step = 0; step < 200 && !done; step += 1) {
    for (let turn = 0; turn < 20 && !done; turn += 1) await settle();
    if (!done) await clock.advance(50);
  }
  return await work;
}
