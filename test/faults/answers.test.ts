import { describe, expect } from "vitest";
import type { Era } from "../../src/model/ports.ts";
import { ANSWER_FAULTS, type AnswerFault } from "./support/answer-faults.ts";
import { callMany, expectHonest, isShed, type Told } from "./support/calls.ts";
import { faultCase, type Level, sideBySide } from "./support/levels.ts";
import type { Chance } from "./support/seed.ts";
import { expectOthersUnaffected, openHttpClinic, untilInFlight, untilWell } from "./support/ward.ts";

sideBySide();

type Course = "lasting" | "passing";

/** Lets the fault strike, on the calls in flight where there are any, and gives back what everyone was told. */
async function strike(row: AnswerFault, era: Era, tool: "write" | "read", level: Level, chance: Chance, course: Course) {
  await using clinic = await openHttpClinic(era);
  const { patient, gateway } = clinic;
  const calls = level === 0 ? 1 : level;
  patient.hold();
  const answers = callMany(gateway, `patient/${tool}`, calls);
  if (level > 0) await untilInFlight(clinic, calls);
  await expectOthersUnaffected(clinic);
  const victims = Math.max(1, Math.min(level, 32));
  patient.fall({ runs: row.runs, answer: row.answer(chance), ...(course === "passing" && { calls: victims }) });
  const told = await answers;
  const sent = patient.http.of("tools/call").length - 1;
  await expectOthersUnaffected(clinic);
  const { trips } = (await gateway.serverStatus("patient")).figures;
  patient.recover();
  const after = await untilWell(clinic, `patient/${tool}`);
  return { told, after, trips, sent, ledger: patient.ledger };
}

function expectToldAsMeant(row: AnswerFault, told: readonly Told[]): void {
  for (const one of told) if (!isShed(one)) expect(one.error).toMatchObject({ backend: "patient", ...row.told });
  if (told.length === 1) expect(told[0]?.error).toMatchObject(row.told);
}

for (const era of ["legacy", "modern"] as const)
  describe(`an answer to a call of a ${era} backend`, () => {
    for (const row of ANSWER_FAULTS.filter(({ eras }) => eras?.includes(era) ?? true)) {
      faultCase(`${row.fault} that ${row.name}, for good, fails an untrusted call as it is`, async (level, chance) => {
        const { told, after, trips, sent, ledger } = await strike(row, era, "write", level, chance, "lasting");
        expectToldAsMeant(row, told);
        expectHonest([...told, ...after], ledger, false);
        if (level < 2) expect(sent, "times the call was sent").toBe(row.again === "any" ? 2 : 1);
        expect(trips > 0).toBe(row.breaker === "fail" && level === 100);
      });

      faultCase(`${row.fault} that ${row.name}, once, ${outcomeOf(row)}`, async (level, chance) => {
        const { told, after, sent, ledger } = await strike(row, era, "read", level, chance, "passing");
        const answered = told.filter(({ error }) => !error);
        if (level < 2) expect(answered).toHaveLength(row.again === "none" ? 0 : 1);
        if (level < 2) expect(sent, "times the call was sent").toBe(row.again === "none" ? 1 : 2);
        expectToldAsMeant(
          row,
          told.filter(({ error }) => error),
        );
        expectHonest([...told, ...after], ledger, true);
      });
    }
  });

function outcomeOf({ again }: AnswerFault): string {
  return again === "none" ? "fails a trusted call too" : "is made good by sending a trusted call again";
}
