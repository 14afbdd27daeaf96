import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Permit } from "../../../src/resilience/circuit-breaker.ts";
import type { Outcome } from "../../../src/resilience/outcome.ts";
import { settle } from "../../support/manual-clock.ts";
import { BreakerHouse, refused } from "./breaker-house.ts";

const PROBE_ERRORS: Readonly<Record<Outcome, GatewayError | undefined>> = {
  ok: undefined,
  fail: refused(),
  ignore: new GatewayError("resource_exhausted", "No room for a probe"),
};

/** What the breaker should be, in the plainest words: every outcome is kept and looked at again each time. */
class Model {
  state = "closed";
  now = 0;
  until = 0;
  openMs = 0;
  period = 0;
  begunAt = 0;
  outcomes: { readonly bucket: number; readonly failed: boolean }[] = [];
  streak = 0;
  slow: { limit: number; taken: number; answered: number } | undefined;
  goodProbes = 0;
  probeDue = 0;
  /** Permits given out and not settled, oldest first; `period` says when they were issued. */
  readonly permits: { readonly period: number; readonly slow: boolean }[] = [];

  get limit(): number {
    if (this.state !== "closed") return 0;
    return this.slow?.limit ?? Number.POSITIVE_INFINITY;
  }

  close(slowly: boolean): void {
    this.state = "closed";
    this.period += 1;
    this.begunAt = this.now;
    this.outcomes = [];
    this.streak = 0;
    this.slow = slowly ? { limit: 1, taken: 0, answered: 0 } : undefined;
  }

  open(longer: boolean): void {
    if (longer) this.openMs = this.openMs === 0 ? 1_000 : Math.min(60_000, this.openMs * 2);
    this.state = "open";
    this.until = this.now + this.openMs;
  }

  admit(): boolean {
    if (this.state === "open" && this.now >= this.until) {
      this.state = "half_open";
      this.goodProbes = 0;
      this.probeDue = this.now + 5_000;
    }
    if (this.state !== "closed" || (this.slow && this.slow.taken >= this.slow.limit)) return false;
    if (this.slow) this.slow.taken += 1;
    this.permits.push({ period: this.period, slow: this.slow !== undefined });
    return true;
  }

  settle(index: number, outcome: Outcome): void {
    const [permit] = this.permits.splice(index, 1);
    if (permit?.period !== this.period || this.state !== "closed") return;
    if (outcome === "ok") this.openMs = 0;
    if (outcome !== "ignore") this.#count(outcome === "fail");
    if (this.state === "closed" && this.slow) this.#climb(this.slow, outcome);
  }

  probed(outcome: Outcome): void {
    if (outcome === "ok") {
      this.goodProbes += 1;
      this.probeDue = this.now + 5_000;
      if (this.goodProbes === 2) this.close(true);
    } else this.open(outcome === "fail");
  }

  advance(ms: number): void {
    const end = this.now + ms;
    if (this.state === "half_open" && this.probeDue <= end) {
      this.now = this.probeDue;
      this.open(true);
    }
    this.now = end;
  }

  #count(failed: boolean): void {
    const bucket = Math.floor((this.now - this.begunAt) / 1_000);
    this.outcomes.push({ bucket, failed });
    this.streak = failed ? this.streak + 1 : 0;
    const recent = this.outcomes.filter((each) => each.bucket > bucket - 10);
    const failures = recent.filter((each) => each.failed).length;
    if (failed && (this.streak >= 5 || (recent.length >= 5 && failures * 2 >= recent.length))) this.open(true);
  }

  #climb(slow: NonNullable<Model["slow"]>, outcome: Outcome): void {
    slow.taken -= 1;
    if (outcome === "ok") slow.answered += 1;
    if (slow.answered < slow.limit) return;
    slow.limit *= 2;
    slow.answered = 0;
    if (slow.limit >= 32) this.slow = undefined;
  }
}

interface Real {
  readonly house: BreakerHouse;
  readonly permits: Permit[];
  probesAnswered: number;
}

type Command = fc.AsyncCommand<Model, Real>;

function compare(model: Model, { house, probesAnswered }: Real): void {
  const { breaker, probes } = house;
  expect(breaker.state).toBe(model.state);
  expect(breaker.concurrencyLimit).toBe(model.limit);
  if (model.state === "open") expect(breaker.retryAfterMs).toBe(Math.max(0, Math.ceil(model.until - model.now)));
  const alive = probes.slice(probesAnswered).filter(({ signal }) => !signal.aborted).length;
  expect(alive).toBe(model.state === "half_open" ? 1 : 0);
}

const command = (
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => Promise<void> | void,
): Command => ({
  check,
  run: async (model, real) => {
    await run(model, real);
    await settle();
    compare(model, real);
  },
  toString: () => name,
});

const admit = (times: number): Command =>
  command(
    `admit x${times}`,
    () => true,
    (model, { house, permits }) => {
      for (let time = 0; time < times; time += 1) {
        const permit = house.breaker.admit();
        expect(permit !== undefined).toBe(model.admit());
        if (permit) permits.push(permit);
      }
    },
  );

const end = (place: number, outcome: Outcome): Command =>
  command(
    `${outcome}(${place})`,
    (model) => model.permits.length > 0,
    (model, { house, permits }) => {
      const index = place % permits.length;
      const [permit] = permits.splice(index, 1);
      if (permit) house.breaker.settle(permit, outcome);
      model.settle(index, outcome);
    },
  );

const probed = (outcome: Outcome): Command =>
  command(
    `probe ${outcome}`,
    (model) => model.state === "half_open",
    (model, real) => {
      const { probes } = real.house;
      probes.at(-1)?.answer(PROBE_ERRORS[outcome]);
      real.probesAnswered = probes.length;
      model.probed(outcome);
    },
  );

const wait = (ms: number): Command =>
  command(
    `wait ${ms}`,
    () => true,
    async (model, { house }) => {
      await house.clock.advance(ms);
      model.advance(ms);
    },
  );

const reset = command(
  "reset",
  () => true,
  (model, { house }) => {
    house.breaker.reset();
    model.openMs = 0;
    model.close(false);
  },
);

const OUTCOMES: readonly Outcome[] = ["ok", "fail", "ignore"];
const outcome = fc.constantFrom(...OUTCOMES, "fail" as const);
const COMMANDS = [
  fc.integer({ min: 1, max: 6 }).map(admit),
  fc.tuple(fc.nat(100), outcome).map(([place, what]) => end(place, what)),
  fc.tuple(fc.nat(100), outcome).map(([place, what]) => end(place, what)),
  fc.constantFrom(...OUTCOMES, "ok" as const).map(probed),
  fc.constantFrom(1, 250, 999, 1_000, 2_000, 5_000, 9_999, 60_000).map(wait),
];

describe("CircuitBreaker", () => {
  test("does what the plainest model does, whatever comes in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([...COMMANDS, fc.constant(reset)], { maxCommands: 200, size: "max" }), async (commands) => {
        const house = new BreakerHouse();
        await fc.asyncModelRun(() => ({ model: new Model(), real: { house, permits: [], probesAnswered: 0 } }), commands);
        house.breaker[Symbol.dispose]();
        await settle();
        expect(house.clock.waiting).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
