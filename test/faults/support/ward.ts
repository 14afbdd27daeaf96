import { expect, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Era } from "../../../src/model/ports.ts";
import type { Script } from "../../support/scripted-http.ts";
import { type Bench, type BenchOptions, caller, openBench } from "./bench.ts";
import { call, isShed, type Told } from "./calls.ts";
import { type FlakyHttp, startFlakyHttp } from "./flaky-http.ts";

/** The registry's word for `read`, and time limits that end a hanging call soon. */
const TRUST: JsonObject = { tools: { overrides: { read: { readOnly: true } } }, callTimeoutMs: 300_000 };

/** A gateway with a patient and a healthy neighbour, both running and known. */
export interface Clinic extends Bench {
  readonly neighbour: FlakyHttp;
}

export async function openClinic(patient: JsonObject, options: BenchOptions = {}): Promise<Clinic> {
  const neighbour = await startFlakyHttp("modern");
  const bench = openBench({ patient: { ...TRUST, ...patient }, neighbour: { url: neighbour.url } }, options);
  const clinic: Clinic = {
    ...bench,
    neighbour,
    async [Symbol.asyncDispose]() {
      await bench[Symbol.asyncDispose]();
      await neighbour[Symbol.asyncDispose]();
    },
  };
  await expectWell(clinic, "neighbour/write");
  return clinic;
}

/** A patient that is a real HTTP server. */
export async function openHttpClinic(era: Era, over: Partial<Script> = {}, options: BenchOptions = {}) {
  const patient = await startFlakyHttp(era, over);
  const clinic = await openClinic({ url: patient.url }, options);
  await expectWell(clinic, "patient/write");
  return {
    ...clinic,
    patient,
    async [Symbol.asyncDispose]() {
      await clinic[Symbol.asyncDispose]();
      await patient[Symbol.asyncDispose]();
    },
  };
}

async function expectWell({ gateway }: Bench, tool: string): Promise<void> {
  const told = await call(gateway, tool);
  expect(told.error, `${tool} before the fault`).toBeUndefined();
}

/** What must go on whatever is wrong with the patient: the neighbour answers, and so do those who need no backend. */
export async function expectOthersUnaffected({ gateway }: Clinic): Promise<void> {
  const [told, found, status] = await Promise.all([
    call(gateway, "neighbour/write"),
    gateway.discover({ needs: ["write"], limit: 5 }, caller()),
    gateway.serverStatus("neighbour"),
  ]);
  expect(told.error, "the neighbour").toBeUndefined();
  expect(found.results).toHaveLength(1);
  expect(status.guard).toMatchObject({ breaker: "closed", queued: 0 });
}

/** Calls until the patient answers, as a client does that waits when it is told to; gives back all that it was told. */
export async function untilWell(
  { gateway, clock }: Bench,
  tool: string,
  tolerated: readonly string[] = [],
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const answer = await call(gateway, tool);
    told.push(answer);
    if (!answer.error) return told;
    const { code, outcome, retryAfterMs, message } = answer.error;
    const stillStarting = code === "deadline_exceeded" && outcome === "not_executed";
    expect(isShed(answer) || retryAfterMs !== undefined || stillStarting || tolerated.includes(code), message).toBe(true);
    await new Promise<void>((resolve) => void clock.after(answer.error?.retryAfterMs ?? 0, resolve));
  }
  throw new Error(`The patient stays ill: ${told.at(-1)?.error?.message}`);
}

/** Waits until so many calls of the patient stand at their backend or in the queue. */
export async function untilInFlight({ gateway }: Bench, count: number): Promise<void> {
  await vi.waitUntil(
    async () => {
      const { guard } = await gateway.serverStatus("patient");
      return guard.atWork + guard.queued >= count;
    },
    { interval: 1, timeout: 10_000 },
  );
}
