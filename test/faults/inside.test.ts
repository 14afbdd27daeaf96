import { expect } from "vitest";
import type { Caller } from "../../src/gateway/caller.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { event, type Recorded, resultFor, sse } from "../support/scripted-http.ts";
import { objectOf } from "../support/tool-answers.ts";
import { caller } from "./support/bench.ts";
import { callMany, expectHonest } from "./support/calls.ts";
import { GOOD } from "./support/flaky-http.ts";
import { faultCase } from "./support/levels.ts";
import { expectOthersUnaffected, openHttpClinic, untilInFlight } from "./support/ward.ts";

/** Something that goes wrong on our own side of one call. */
interface Mishap {
  readonly name: string;
  readonly args: JsonObject;
  readonly caller: Partial<Caller>;
  /** Whether the call comes to its end all the same. */
  readonly answered: boolean;
}

const cannotBeSent: JsonObject = { key: "odd", huge: 10n };
const throwing = (): never => {
  throw new TypeError("a defect of ours");
};
const MISHAPS: readonly Mishap[] = [
  { name: "a listener for its progress throws", args: { key: "odd" }, caller: { onProgress: throwing }, answered: true },
  { name: "its arguments cannot be written down", args: cannotBeSent, caller: {}, answered: false },
];

const reporting = sse(
  event((request) => ({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: tokenOf(request), progress: 1 },
  })),
  event((request) => resultFor(request, GOOD)),
);

function tokenOf({ message }: Recorded): unknown {
  return objectOf(objectOf(message["params"])["_meta"] ?? {})["progressToken"] ?? "none";
}

for (const era of ["legacy", "modern"] as const)
  for (const mishap of MISHAPS)
    faultCase(
      `F34 a call of a ${era} backend that meets a defect of ours, when ${mishap.name}, hurts no other call`,
      async (level) => {
        await using clinic = await openHttpClinic(era);
        const { patient, gateway } = clinic;
        patient.hold();
        const others = callMany(gateway, "patient/write", level);
        if (level > 0) await untilInFlight(clinic, level);
        const odd = gateway.invoke({ tool: "patient/write", args: mishap.args }, caller(mishap.caller)).then(
          () => "answered",
          (error: unknown) => error,
        );
        await untilInFlight(clinic, level + (mishap.answered ? 1 : 0));
        patient.fall({ runs: true, answer: reporting });
        if (mishap.answered) expect(await odd).toBe("answered");
        else expect(await odd).not.toBe("answered");
        const told = await others;
        expect(told.filter(({ error }) => error)).toEqual([]);
        expectHonest(told, patient.ledger, false);
        await expectOthersUnaffected(clinic);
        expect((await gateway.serverStatus("patient")).guard).toMatchObject({ breaker: "closed", atWork: 0, queued: 0 });
      },
    );
