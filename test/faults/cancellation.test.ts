import { expect, vi } from "vitest";
import type { Era } from "../../src/model/ports.ts";
import { event, resultFor, type Script, sse, status } from "../support/scripted-http.ts";
import { abandonAll } from "./support/abandon.ts";
import { twiceAnswered } from "./support/answer-faults.ts";
import { call, callMany, expectHonest } from "./support/calls.ts";
import { GOOD } from "./support/flaky-http.ts";
import { makeLedgerChild, pidOf, untilTaken } from "./support/ledger-child.ts";
import { eventually, faultCase, sideBySide } from "./support/levels.ts";
import { expectOthersUnaffected, openClinic, openHttpClinic, untilInFlight, untilWell } from "./support/ward.ts";

sideBySide();

const open = (era: Era, over: Partial<Script> = {}) => openHttpClinic(era, over);

for (const era of ["legacy", "modern"] as const) {
  faultCase(`F36 calls of a ${era} backend that are cancelled free their sockets at once`, async (level) => {
    await using clinic = await open(era);
    const { patient, gateway } = clinic;
    const calls = Math.max(1, level);
    patient.hold();
    const leaving = abandonAll(gateway, "patient/write", calls);
    await vi.waitUntil(() => patient.held === Math.min(calls, 32), { interval: 1, timeout: 10_000 });
    leaving.leave();
    for (const { error, answers } of await leaving.told) expect([error?.code, answers]).toEqual(["cancelled", 1]);
    await Promise.all(
      patient.http
        .of("tools/call")
        .slice(1)
        .map(({ gone }) => gone),
    );
    expect(patient.held).toBe(0);
    const heard = () => patient.http.of("notifications/cancelled").length;
    if (era === "legacy") await eventually(() => expect(heard(), "told, as best we can").toBeGreaterThan(0));
    expect(heard()).toBeLessThanOrEqual(era === "legacy" ? calls : 0);
    await expectOthersUnaffected(clinic);
    patient.recover();
    expectHonest(await callMany(gateway, "patient/write", calls), patient.ledger, false);
    expect((await gateway.serverStatus("patient")).figures.trips).toBe(0);
  });

  faultCase(`F36 an answer of a ${era} backend that comes twice is taken once`, async (level) => {
    await using clinic = await open(era);
    clinic.patient.fall({ runs: true, answer: twiceAnswered });
    const told = await callMany(clinic.gateway, "patient/write", Math.max(1, level));
    expect(told.filter(({ error }) => error)).toEqual([]);
    expectHonest(told, clinic.patient.ledger, false);
  });

  faultCase(`F36 an answer of a ${era} backend that comes after the deadline is told to nobody`, async (level) => {
    await using clinic = await open(era);
    const { patient, gateway } = clinic;
    const calls = Math.max(1, level);
    patient.hold();
    const told = await Promise.all(Array.from({ length: calls }, () => call(gateway, "patient/write", { timeoutMs: 2_000 })));
    for (const { error } of told) expect(error?.code).toBe("deadline_exceeded");
    patient.recover();
    expectHonest(told, patient.ledger, false);
    expectHonest(await callMany(gateway, "patient/write", calls), patient.ledger, false);
    expect((await gateway.serverStatus("patient")).figures.trips, "a caller's own impatience").toBe(0);
  });

  faultCase(`F36 a ${era} backend that asks something before it answers loses nothing`, async (level) => {
    await using clinic = await open(era);
    const asking = sse(
      event(() => ({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "so far so good" } })),
      event((request) => resultFor(request, GOOD)),
    );
    clinic.patient.fall({ runs: true, answer: asking });
    const told = await callMany(clinic.gateway, "patient/write", Math.max(1, level));
    expect(told.filter(({ error }) => error)).toEqual([]);
  });

  faultCase(`F36 calls of a ${era} backend whose caller left before they began are never sent`, async (level) => {
    await using clinic = await open(era);
    const left = AbortSignal.abort();
    const gone = await Promise.all(
      Array.from({ length: Math.max(1, level) }, () => call(clinic.gateway, "patient/write", { signal: left })),
    );
    for (const { error } of gone) expect(error?.code).toBe("cancelled");
    expect(clinic.patient.ledger).toHaveLength(1);
    await untilWell(clinic, "patient/write");
  });
}

for (const eras of ["legacy", "modern"])
  faultCase(
    `F36 calls of a ${eras} child that are cancelled cost the others nothing, and late answers go to nobody`,
    async (level) => {
      await using child = await makeLedgerChild({ ERAS: eras });
      await using clinic = await openClinic(child.entry);
      const { gateway } = clinic;
      await call(gateway, "patient/write");
      await child.behave("hold");
      const calls = Math.max(1, level);
      const leaving = abandonAll(gateway, "patient/write", calls);
      await untilInFlight(clinic, calls);
      await untilTaken(child, 1 + Math.min(calls, 32));
      leaving.leave();
      for (const { error } of await leaving.told) expect(error?.code).toBe("cancelled");
      await child.behave("answer");
      process.kill(await pidOf(clinic), "SIGUSR2");
      const told = await callMany(gateway, "patient/write", calls);
      expect(told.filter(({ error }) => error)).toEqual([]);
      expectHonest(told, child.ledger, false);
    },
  );

faultCase(
  "F6 a backend that asks for a pause longer than a call may last fails calls at once, with the rest of the pause",
  async (level) => {
    await using clinic = await openHttpClinic("modern");
    const { patient, gateway } = clinic;
    patient.fall({ runs: false, answer: status(429, { "retry-after": "600" }) });
    const first = await call(gateway, "patient/write", { timeoutMs: 30_000 });
    expect(first.error).toMatchObject({ code: "unavailable", outcome: "not_executed", httpStatus: 429 });
    const asked = patient.http.of("tools/call").length;
    const told = await Promise.all(
      Array.from({ length: Math.max(1, level) }, () => call(gateway, "patient/write", { timeoutMs: 30_000 })),
    );
    for (const { error } of told) expect(error).toMatchObject({ code: "resource_exhausted", outcome: "not_executed" });
    for (const { error } of told) expect(error?.retryAfterMs, "a minute at most").toBeLessThanOrEqual(60_000);
    expect(patient.http.of("tools/call").length, "nobody was sent").toBe(asked);
    await expectOthersUnaffected(clinic);
  },
);
