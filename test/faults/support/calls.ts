import { expect } from "vitest";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { GatewayError } from "../../../src/model/errors.ts";
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
  const breaches = told.flatMap((one) =>
    breachesOf(one, runs.get(one.key) ?? 0, trusted).map(
      (breach) => `${one.key} ${breach}: ${one.error?.code ?? "answered"}, ${one.error?.outcome}, ${one.error?.message}`,
    ),
  );
  expect(breaches).toEqual([]);
}

/** Plain comparisons rather than an `expect` each: a run of the matrix makes half a million of them. */
function breachesOf({ answers, error }: Told, ran: number, trusted: boolean): readonly string[] {
  const most = trusted ? 2 : 1;
  return [
    answers !== 1 && `was answered ${answers} times`,
    ran > most && `ran ${ran} times`,
    error === undefined && ran === 0 && "was answered and never ran",
    error?.outcome === "not_executed" && ran > 0 && "ran, though its caller was told that it did not",
    error?.outcome === "executed" && ran === 0 && "never ran, though its caller was told that it did",
    error?.code === "internal" && "met a defect of ours",
    error?.outcome === "unknown" && !trusted && !/verify/i.test(error.hint ?? "") && "does not say to verify",
    error && SHED.has(error.code) && !isWellShed(error) && `was shed badly: ${error.retryAfterMs} ms, hint ${error.hint}`,
  ].filter((breach) => typeof breach === "string");
}

/** Those who were refused rather than failed. */
export const isShed = ({ error }: Told): boolean => error !== undefined && SHED.has(error.code);

/** Whether the refusal is sure that nothing ran, and says when to try again, within reason. */
function isWellShed({ outcome, retryAfterMs, hint }: GatewayError): boolean {
  return outcome === "not_executed" && retryAfterMs !== undefined && retryAfterMs >= 0 && retryAfterMs <= 90_000 && Boolean(hint);
}
