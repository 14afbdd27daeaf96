import { describe, expect } from "vitest";
import { call, callMany, expectHonest, isShed, type Told } from "./support/calls.ts";
import { type LedgerChild, makeLedgerChild, pidOf, untilTaken } from "./support/ledger-child.ts";
import { faultCase, type Level, sideBySide } from "./support/levels.ts";
import { type Clinic, expectOthersUnaffected, openClinic, untilInFlight, untilWell } from "./support/ward.ts";

sideBySide();

/** One way in which a child goes wrong with the calls it has taken. */
interface ChildFault {
  readonly fault: string;
  readonly name: string;
  /** What it does to its calls, or the signal it gets while it holds them. */
  readonly strike: { readonly mode: string } | { readonly signal: NodeJS.Signals };
  /** What an untrusted call that it has taken is told; undefined if it is answered. */
  readonly told: { readonly code: string; readonly outcome: string } | undefined;
}

const lost = { code: "unavailable", outcome: "unknown" };
const late = { code: "deadline_exceeded", outcome: "unknown" };
const broken = { code: "upstream_protocol", outcome: "unknown" };
const overLimit = { code: "answer_over_limit", outcome: "unknown" };

const FAULTS: readonly ChildFault[] = [
  { fault: "F1", name: "is killed", strike: { signal: "SIGKILL" }, told: lost },
  { fault: "F1", name: "is terminated", strike: { signal: "SIGTERM" }, told: lost },
  { fault: "F14", name: "is killed as one out of memory is", strike: { signal: "SIGKILL" }, told: lost },
  { fault: "F1", name: "crashes", strike: { mode: "crash" }, told: lost },
  { fault: "F1", name: "exits", strike: { mode: "exit" }, told: lost },
  { fault: "F4", name: "exits within its answer", strike: { mode: "exit-within-answer" }, told: lost },
  { fault: "F4", name: "closes its output and stays", strike: { mode: "close-output" }, told: lost },
  { fault: "F2", name: "is frozen", strike: { signal: "SIGSTOP" }, told: late },
  { fault: "F2", name: "never answers", strike: { mode: "silence" }, told: late },
  { fault: "F4", name: "answers somebody else", strike: { mode: "wrong-id" }, told: late },
  { fault: "F4", name: "cuts its answer short", strike: { mode: "cut-line" }, told: late },
  { fault: "F4", name: "answers with far too much", strike: { mode: "long-line" }, told: overLimit },
  { fault: "F4", name: "answers with a result that is none", strike: { mode: "bad-result" }, told: broken },
  { fault: "F36", name: "answers twice", strike: { mode: "twice" }, told: undefined },
  { fault: "F4", name: "says much besides its answer", strike: { mode: "noise" }, told: undefined },
  { fault: "F35", name: "floods its log", strike: { mode: "log-flood" }, told: undefined },
];

async function strikeChild(row: ChildFault, child: LedgerChild, clinic: Clinic): Promise<void> {
  const pid = await pidOf(clinic);
  if ("mode" in row.strike) {
    await child.behave(row.strike.mode);
    process.kill(pid, "SIGUSR2");
  } else process.kill(pid, row.strike.signal);
}

/** The calls that were in flight, or the one that came after; in either case taken by the child before it went wrong. */
async function strike(row: ChildFault, tool: "write" | "read", level: Level, env: Readonly<Record<string, string>>) {
  await using child = await makeLedgerChild(env);
  await using clinic = await openClinic({ ...child.entry, callTimeoutMs: row.told === late ? 8_000 : 300_000 });
  const before = await call(clinic.gateway, "patient/write");
  expect(before.error).toBeUndefined();
  const calls = Math.max(1, level);
  await child.behave(level === 0 && "mode" in row.strike ? row.strike.mode : "hold");
  const answers = callMany(clinic.gateway, `patient/${tool}`, calls);
  if (level > 0) await untilInFlight(clinic, calls);
  await untilTaken(child, 1 + Math.min(calls, 32));
  if (level > 0 || !("mode" in row.strike)) await strikeChild(row, child, clinic);
  if ("signal" in row.strike) await child.behave("answer");
  const [told] = await Promise.all([answers, expectOthersUnaffected(clinic)]);
  await heal(row, child, clinic);
  const slow = row.told === late ? [late.code] : []; // on a busy machine a sound child may miss its 400 ms too
  const after = await untilWell(clinic, `patient/${tool}`, slow);
  return { told, all: [before, ...told, ...after], ledger: child.ledger };
}

async function heal({ strike: { ...how } }: ChildFault, child: LedgerChild, clinic: Clinic): Promise<void> {
  await child.behave("answer");
  if ("signal" in how && how.signal === "SIGSTOP") process.kill(await pidOf(clinic), "SIGCONT");
}

/** A call that was not shed was told what the row says, or met the successor of the child it was meant for. */
function expectToldAsMeant(row: ChildFault, told: readonly Told[], trusted: boolean): void {
  for (const one of told) {
    if (isShed(one) || one.error?.code === "start_failed" || (!one.error && (trusted || told.length > 32))) continue;
    if (row.told) expect(one.error).toMatchObject({ backend: "patient", ...row.told });
    else expect(one.error).toBeUndefined();
  }
}

for (const [eras, tool] of [
  ["legacy", "write"],
  ["both", "write"],
  ["legacy", "read"],
] as const)
  describe(`a child that speaks the eras "${eras}" and`, () => {
    for (const row of FAULTS)
      faultCase(`${row.fault} ${row.name} costs a call of ${tool} what it must and no more`, async (level) => {
        const { told, all, ledger } = await strike(row, tool, level, { ERAS: eras });
        expectToldAsMeant(row, told, tool === "read");
        expectHonest(all, ledger, tool === "read");
      });
  });
