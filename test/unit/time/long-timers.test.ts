import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Alarm, LONGEST_TIMER_MS, LongTimers } from "../../../src/time/long-timers.ts";

/** Timers of a system whose time moves only when it is told to. */
class System {
  now = 0;
  timesSet = 0;
  timer:
    | { readonly at: number; readonly run: () => void; readonly ms: number; held: boolean; ref(): void; unref(): void }
    | undefined;

  readonly alarms = new LongTimers<NonNullable<System["timer"]>>({
    now: () => this.now,
    set: (run, ms) => {
      expect(this.timer).toBeUndefined(); // never two
      this.timesSet += 1;
      const timer = {
        at: this.now + ms,
        run,
        ms,
        held: true,
        ref: () => hold(true),
        unref: () => hold(false),
      };
      const hold = (held: boolean): void => {
        timer.held = held;
      };
      this.timer = timer;
      return timer;
    },
    clear: (timer) => {
      if (timer === this.timer) this.timer = undefined;
    },
  });

  advance(ms: number): void {
    const end = this.now + ms;
    for (let timer = this.timer; timer && timer.at <= end; timer = this.timer) {
      this.now = Math.max(this.now, timer.at);
      this.timer = undefined;
      timer.run();
    }
    this.now = end;
  }
}

type Step =
  | { readonly add: number }
  | { readonly addMany: number }
  | { readonly cancelAllBut: number }
  | { readonly cancel: number }
  | { readonly release: number }
  | { readonly advance: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 5_000 }) }) },
  { weight: 1, arbitrary: fc.record({ addMany: fc.integer({ min: 300, max: 600 }) }) },
  { weight: 1, arbitrary: fc.record({ cancelAllBut: fc.integer({ min: 2, max: 20 }) }) },
  { weight: 4, arbitrary: fc.record({ cancel: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ release: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 2_000 }) }) },
);

describe("LongTimers", () => {
  test("call what was not taken back, once, at its time, and keep the process only for that", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const system = new System();
        const alarms: {
          readonly alarm: Alarm;
          readonly due: number;
          readonly holds: boolean[];
          rang: number[];
          gone: boolean;
        }[] = [];
        const add = (ms: number): void => {
          const rang: number[] = [];
          const alarm = system.alarms.add(ms, () => rang.push(system.now));
          alarms.push({ alarm, due: system.now + ms, holds: [true], rang, gone: false });
        };
        for (const each of steps) {
          if ("add" in each) add(each.add);
          else if ("addMany" in each) for (let at = 0; at < each.addMany; at += 1) add(((at * 7_919) % 5_000) + 1);
          else if ("cancelAllBut" in each) {
            for (const [at, chosen] of alarms.entries()) {
              if (at % each.cancelAllBut === 0) continue;
              if (chosen.rang.length === 0) chosen.gone = true;
              system.alarms.cancel(chosen.alarm);
            }
          } else if ("advance" in each) system.advance(each.advance);
          else {
            const chosen = alarms[("cancel" in each ? each.cancel : each.release) % Math.max(1, alarms.length)];
            if (!chosen) continue;
            chosen.holds[0] = false;
            if ("release" in each) system.alarms.release(chosen.alarm);
            else {
              if (chosen.rang.length === 0) chosen.gone = true;
              system.alarms.cancel(chosen.alarm);
            }
          }
          const wrong = alarms.filter(({ due, rang, gone }) => {
            const isDue = due <= system.now && !gone;
            return rang.length !== Number(isDue) || (isDue && rang[0] !== due);
          });
          expect(wrong).toEqual([]);
          const isHeld = alarms.some(({ holds, rang, gone }) => holds[0] && rang.length === 0 && !gone);
          expect(system.timer?.held ?? false).toBe(isHeld);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("need one timer of the system for a hundred thousand deadlines that are met", () => {
    const system = new System();
    for (let call = 0; call < 100_000; call += 1) {
      const alarm = system.alarms.add(60_000, () => expect.unreachable());
      system.advance(0.1);
      system.alarms.cancel(alarm);
    }
    expect(system.timesSet).toBe(1);
    system.advance(120_000);
    expect(system.timer).toBeUndefined();
  });

  test("forget those taken back once they are more than 256 and more than half", () => {
    const system = new System();
    const add = (count: number) => Array.from({ length: count }, () => system.alarms.add(1_000, () => {}));
    for (const early of add(240)) system.alarms.cancel(early);
    expect(system.alarms.kept).toBe(240);
    system.advance(1_500); // these are no longer among the dead that count
    const [few, many] = [add(256), add(544)];
    for (const alarm of few) system.alarms.cancel(alarm);
    for (const alarm of few) system.alarms.cancel(alarm); // once is enough
    for (const alarm of many.slice(0, 144)) system.alarms.cancel(alarm);
    expect(system.alarms.kept).toBe(800);
    for (const alarm of many.slice(144, 145)) system.alarms.cancel(alarm);
    expect(system.alarms.kept).toBe(399);
  });

  test("one that throws keeps no other from being called", () => {
    const system = new System();
    const rang: string[] = [];
    system.alarms.add(1_000, () => {
      rang.push("bad");
      throw new Error("bad");
    });
    system.alarms.add(1_000, () => rang.push("good"));
    expect(() => system.advance(1_500)).toThrow("bad");
    system.advance(1_500);
    expect(rang).toEqual(["bad", "good"]);
  });

  test("one that is set while another is called, and earlier than all others, is called at its time", () => {
    const system = new System();
    const rang: number[] = [];
    system.alarms.add(1_000, () => system.alarms.add(10, () => rang.push(system.now)));
    system.alarms.add(9_000, () => rang.push(system.now));
    system.advance(10_000);
    expect(rang).toEqual([1_010, 9_000]);
  });

  test("never ask the system for more than it can count", () => {
    const system = new System();
    system.now = 0.3;
    system.alarms.add(LONGEST_TIMER_MS, () => {});
    expect(system.timer?.ms).toBe(LONGEST_TIMER_MS);
  });
});
