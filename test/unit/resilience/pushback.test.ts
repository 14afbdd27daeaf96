import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { Pushback, Trial } from "../../../src/resilience/pushback.ts";
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
    gate.settle(error);
    expect(gate.closedForMs).toBe(closedForMs);
  });

  test("an open gate keeps nobody", async () => {
    const { clock, gate } = open();
    await gate.pass({ signal: patient(), deadline: 0 });
    expect(clock.waiting).toBe(0);
  });

  describe("when its time is up", () => {
    /** Three calls that wait; those that pass keep what they were given. */
    function crowd() {
      const { clock, gate } = open();
      gate.settle(status(429, 5_000));
      const passed: (Trial | undefined)[] = [];
      for (const signal of [patient(), patient(), patient()])
        void gate.pass({ signal, deadline: LATER }).then((trial) => passed.push(trial));
      return { clock, gate, passed };
    }

    test("one goes first, and the others once the backend has answered it", async () => {
      const { clock, gate, passed } = crowd();
      await clock.advance(4_999);
      expect(passed).toEqual([]);
      await clock.advance(1);
      expect(passed).toEqual([expect.any(Trial)]);
      gate.settle("answer", passed[0]);
      await clock.advance(0);
      expect(passed).toEqual([expect.any(Trial), undefined, undefined]);
      expect(gate.isOpen).toBe(true);
      expect(clock.waiting).toBe(0);
    });

    test("a backend that asks for more time has had one more request, and not three", async () => {
      const { clock, gate, passed } = crowd();
      await clock.advance(5_000);
      gate.settle(status(429, 2_000), passed[0]);
      await clock.advance(1_999);
      expect(passed).toHaveLength(1);
      await clock.advance(1);
      expect(passed).toEqual([expect.any(Trial), expect.any(Trial)]);
    });

    test.each([
      { how: "is cancelled", error: new GatewayError("cancelled", "left") },
      { how: "runs into its deadline", error: new GatewayError("deadline_exceeded", "late") },
      { how: "was never sent", error: new GatewayError("circuit_open", "open") },
      { how: "is to come again at once", error: status(429, 0) },
    ])("the next goes first where the first $how", async ({ error }) => {
      const { clock, gate, passed } = crowd();
      await clock.advance(5_000);
      gate.settle(error, passed[0]);
      await clock.advance(0);
      expect(passed).toEqual([expect.any(Trial), expect.any(Trial)]);
      expect(gate.isOpen).toBe(false);
    });

    test("a failure of the backend is a sign that it takes calls", async () => {
      const { clock, gate, passed } = crowd();
      await clock.advance(5_000);
      gate.settle(new GatewayError("upstream_rejected", "No such thing", { rpc: { code: -32_602, message: "" } }), passed[0]);
      await clock.advance(0);
      expect(passed).toHaveLength(3);
    });

    test("one that takes long is followed by one a second", async () => {
      const { clock, gate, passed } = crowd();
      await clock.advance(5_999);
      expect(passed).toHaveLength(1);
      await clock.advance(1);
      expect(passed).toHaveLength(2);
      await clock.advance(1_000);
      expect(passed).toHaveLength(3);
      gate.settle("answer", passed[0]); // a late answer is one, too
      expect(gate.isOpen).toBe(true);
      expect(clock.waiting).toBe(0);
    });

    test("what ends meanwhile and was no trial opens nothing", async () => {
      const { clock, gate, passed } = crowd();
      await clock.advance(5_000);
      gate.settle("answer");
      await clock.advance(0);
      expect(passed).toHaveLength(1);
    });

    test("who leaves while another goes first leaves no timer", async () => {
      const { clock, gate } = open();
      gate.settle(status(429, 0));
      const trial = await gate.pass({ signal: patient(), deadline: LATER });
      const caller = new AbortController();
      const leaving = gate.pass({ signal: caller.signal, deadline: LATER });
      await clock.advance(10);
      caller.abort(new GatewayError("cancelled", "Call cancelled"));
      await expect(leaving).rejects.toMatchObject({ code: "cancelled", message: "Call cancelled" });
      expect(clock.waiting).toBe(0);
      gate.settle("answer", trial);
      expect(gate.isOpen).toBe(true);
    });
  });

  test("a longer wish prolongs it for those who wait already, a shorter one changes nothing", async () => {
    const { clock, gate } = open();
    gate.settle(status(429, 5_000));
    let passed = false;
    void gate.pass({ signal: patient(), deadline: LATER }).then(() => {
      passed = true;
    });
    await clock.advance(1_000);
    gate.settle(status(429, 1_000));
    expect(gate.closedForMs).toBe(4_000);
    gate.settle(status(429, 9_000));
    await clock.advance(4_000);
    expect(passed).toBe(false);
    await clock.advance(5_000);
    expect(passed).toBe(true);
  });

  test("who cannot wait so long is told at once when to come again", async () => {
    const { clock, gate } = open();
    gate.settle(status(429, 5_000));
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
    await expect(justInTime).resolves.toBeInstanceOf(Trial);
  });

  test("who leaves hears its own reason and leaves no timer", async () => {
    const { clock, gate } = open();
    gate.settle(status(429, 5_000));
    const caller = new AbortController();
    const leaving = gate.pass({ signal: caller.signal, deadline: LATER });
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    expect(clock.waiting).toBe(0);
  });
});
