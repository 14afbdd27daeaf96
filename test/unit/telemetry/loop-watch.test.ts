import { expect, test } from "vitest";
import type { CallRecord } from "../../../src/model/ports.ts";
import { type DelayHistogram, LoopWatch } from "../../../src/telemetry/loop-watch.ts";
import { recorder } from "../../support/open-house.ts";

const MS = 1e6;
/** How often the loop is asked; a loop that is on time shows that much. */
const ASKED_EVERY_MS = 20;

/** A watch over a loop whose delays the test makes up. */
function openWatch() {
  const { log, lines } = recorder();
  const loop = { max: 0, p99: 0, on: 0, off: 0 };
  const late = (ms: number) => (ms === 0 ? 0 : (ms + ASKED_EVERY_MS) * MS);
  const histogram: DelayHistogram = {
    get max() {
      return late(loop.max);
    },
    percentile: (which) => late(which === 99 ? loop.p99 : Number.NaN),
    enable() {
      loop.on += 1;
    },
    disable() {
      loop.off += 1;
    },
  };
  return { watch: new LoopWatch(log, () => histogram), loop, lines };
}

const call = (id: number, endedAt: number = id * ASKED_EVERY_MS): CallRecord => ({
  id,
  ref: { backend: "git", tool: "log" },
  ms: 1,
  endedAt,
  code: "ok",
  notes: {},
});

test("nothing is measured before the first call has ended, and once it has only once", () => {
  const { watch, loop } = openWatch();
  expect([watch.delay, loop.on]).toEqual([undefined, 0]);
  watch.callFinished(call(1));
  watch.callFinished(call(2));
  expect(watch.delay).toEqual({ p99Ms: 0, maxMs: 0 });
  expect(loop.on).toBe(1);
});

test("a delay is what a step took beyond the time between two looks", () => {
  const { watch, loop } = openWatch();
  watch.callFinished(call(1));
  Object.assign(loop, { p99: 1.26, max: 40 });
  expect(watch.delay).toEqual({ p99Ms: 1.3, maxMs: 40 });
});

test("a delay above 100 ms is logged with the call that ended then, and again only if it grows", () => {
  const { watch, loop, lines } = openWatch();
  watch.callFinished(call(1));
  for (const [id, max] of [
    [2, 100],
    [3, 101],
    [4, 101],
    [5, 250],
  ] as const) {
    loop.max = max;
    watch.callFinished(call(id));
  }
  expect(lines).toEqual([
    { level: "warn", message: "event loop blocked", fields: { maxMs: 101, call: "c3", server: "git", tool: "log" } },
    { level: "warn", message: "event loop blocked", fields: { maxMs: 250, call: "c5", server: "git", tool: "log" } },
  ]);
});

test("between two looks of the measure nothing new is looked for", () => {
  const { watch, loop, lines } = openWatch();
  watch.callFinished(call(1, 0));
  for (const endedAt of [100, 119, 120]) {
    watch.callFinished(call(endedAt, endedAt));
    loop.max = 200;
  }
  expect(lines.map(({ fields }) => fields["call"])).toEqual(["c120"]);
});

test("the measuring ends with the watch, if it ever began", () => {
  const { watch, loop } = openWatch();
  watch[Symbol.dispose]();
  expect(loop.off).toBe(0);
  watch.callFinished(call(1));
  watch[Symbol.dispose]();
  expect(loop.off).toBe(1);
});

test("the machine's own measure can be read and stopped", () => {
  using watch = new LoopWatch(recorder().log);
  watch.callFinished(call(1));
  expect(watch.delay).toEqual({ p99Ms: expect.any(Number), maxMs: expect.any(Number) });
});
