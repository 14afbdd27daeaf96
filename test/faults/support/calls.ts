import { expect } from "vitest";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { formatMs } from "../../../src/model/units.ts";
import { caller } from "./bench.ts";

/** A call by the key it carries as its argument, and what its caller was told. */
export interface Told {
  readonly key: string;
  /** How often this call was answered; anything but 1 is a defect. */
  readonly answers: number;
  readonly error: GatewayError | undefined;
}

/** Who ran what: every execution leaves the key of its call here. */
export type Ledger = readonly string[];

/** A call that was refused without a failure of its own: the backend is known to be ill, or there is no room. */
const SHED: ReadonlySet<string> = new Set(["circuit_open", "resource_exhausted"]);

let keys = 0;

/** Calls one tool, and never rejects. */
export async function call(gateway: Gateway, tool: string, over: Parameters<typeof caller>[0] = {}): Promise<Told> {
  keys += 1;
  const key = `k${keys}`;
  let answers = 0;
  let error: GatewayError | undefined;
  await gateway.invoke({ tool, args: { key } }, caller(over)).then(
    () => {
      answers += 1;
    },
    (reason: unknown) => {
      answers += 1;
      error = reason instanceof GatewayError ? reason : new GatewayError("internal", String(reason));
    },
  );
  return { key, answers, error };
}

/** Makes so many calls at the same time. */
export const callMany = (gateway: Gateway, tool: string, count: number): Promise<readonly Told[]> =>
  Promise.all(Array.from({ length: count }, () => call(gateway, tool)));

/** What holds whatever went wrong: one answer each, the truth about what ran, and nothing done twice that must not be. */
export function expectHonest(told: readonly Told[], ledger: Ledger, trusted: boolean): void {
  const runs = new Map<string, number>();
  for (const key of ledger) runs.set(key, (runs.get(key) ?? 0) + 1);
  for (const { key, answers, error } of told) {
    const ran = runs.get(key) ?? 0;
    const what = `${key}: ${error?.code ?? "answered"}, ${error?.outcome}, ${error?.message}`;
    expect(answers, what).toBe(1);
    expect(ran, what).toBeLessThanOrEqual(trusted ? 2 : 1);
    if (error === undefined) expect(ran, what).toBeGreaterThan(0);
    if (error?.outcome === "not_executed") expect(ran, what).toBe(0);
    if (error?.outcome === "executed") expect(ran, what).toBeGreaterThan(0);
    expect(error?.code, what).not.toBe("internal");
    if (error && SHED.has(error.code)) expectShed(error);
    if (error?.outcome === "unknown" && !trusted) expect(error.hint, what).toMatch(/verify/i);
  }
}

/** Those who were refused rather than failed. */
export const isShed = ({ error }: Told): boolean => error !== undefined && SHED.has(error.code);

function expectShed(error: GatewayError): void {
  expect(error.outcome).toBe("not_executed");
  expect(error.retryAfterMs, `${error.code} says when to try again`).toBeGreaterThanOrEqual(0);
  expect(error.retryAfterMs, `not ${formatMs(error.retryAfterMs ?? 0)}`).toBeLessThanOrEqual(90_000);
  expect(error.hint).toBeTruthy();
}
