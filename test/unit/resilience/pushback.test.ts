import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { Pushback } from "../../../src/resilience/pushback.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { patient } from "./breaker-house.ts";

const status = (httpStatus: number | undefined, retryAfterMs?: number) =>
  new GatewayError("unavailable", "It asks for fewer requests", { httpStatus, retryAfterMs });
const LATER = 1_000_000;

function open() {
  const clock = new ManualClock();
  return { clock, gate: new Pushback("git", clock) };
}

describe("Pushback", () => {
  test.each([
    { what: "429 with Retry-After", error: status(429, 5_000), closedForMs: 5_000 },
    { what: "429 without", error: status(429), closedForMs: 1_000 },
    { what: "429 for an hour", error: status(429, 3_600_000), closedForMs: 60_000 },
    { what: "429 for no time", error: status(429, 0), closedForMs: 0 },
    { what: "503 with Retry-After", error: status(503, 2_000), closedForMs: 2_000 },
    { what: "503 without", error: status(503), closedForMs: 0 },
    { what: "500 with Retry-After", error: status(500, 2_000), closedForMs: 0 },
    { what: "a lost connection", error: status(undefined, 2_000), closedForMs: 0 },
  ])("$what closes it for $closedForMs ms", ({ error, closedForMs }) => {
    const { gate } = open();
    gate.note(error);
    expect(gate.closedForMs).toBe(closedForMs);
  });

  test("an open gate keeps nobody", async () => {
    const { clock, gate } = open();
    await gate.pass({ signal: patient(), deadline: 0 });
    expect(clock.waiting).toBe(0);
  });

  test("calls wait until it opens, all of them", async () => {
    const { clock, gate } = open();
    gate.note(status(429, 5_000));
    let passed = 0;
    const calls = [1, 2, 3].map(() => gate.pass({ signal: patient(), deadline: LATER }).then(() => (passed += 1)));
    await clock.advance(4_999);
    expect(passed).toBe(0);
    await clock.advance(1);
    await Promise.all(calls);
    expect(passed).toBe(3);
  });

  test("a longer wish prolongs it for those who wait already, a shorter one changes nothing", async () => {
    const { clock, gate } = open();
    gate.note(status(429, 5_000));
    let passed = false;
    void gate.pass({ signal: patient(), deadline: LATER }).then(() => {
      passed = true;
    });
    await clock.advance(1_000);
    gate.note(status(429, 1_000));
    expect(gate.closedForMs).toBe(4_000);
    gate.note(status(429, 9_000));
    await clock.advance(4_000);
    expect(passed).toBe(false);
    await clock.advance(5_000);
    expect(passed).toBe(true);
  });

  test("who cannot wait so long is told at once when to come again", async () => {
    const { clock, gate } = open();
    gate.note(status(429, 5_000));
    await expect(gate.pass({ signal: patient(), deadline: 5_000 })).rejects.toMatchObject({
      code: "resource_exhausted",
      message: 'Cannot call "git" now: it asked for fewer requests, for another 5 s',
      retryAfterMs: 5_000,
      outcome: "not_executed",
      backend: "git",
      hint: "Call it again in 5 s",
    });
    expect(clock.waiting).toBe(0);
    const justInTime = gate.pass({ signal: patient(), deadline: 5_001 });
    await clock.advance(5_000);
    await expect(justInTime).resolves.toBeUndefined();
  });

  test("who leaves hears its own reason and leaves no timer", async () => {
    const { clock, gate } = open();
    gate.note(status(429, 5_000));
    const caller = new AbortController();
    const leaving = gate.pass({ signal: caller.signal, deadline: LATER });
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    expect(clock.waiting).toBe(0);
  });
});
