import { describe, expect, test, vi } from "vitest";
import { IdleWatch } from "../../../src/lifecycle/idle-watch.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

function watch(stages: Readonly<Record<string, number>> = { pause: 1_000, stop: 5_000 }) {
  const clock = new ManualClock();
  const ran: string[] = [];
  const idle = new IdleWatch(
    clock,
    Object.entries(stages).map(([name, afterMs]) => ({ afterMs, run: () => ran.push(`${name} at ${clock.now()}`) })),
  );
  return { clock, idle, ran };
}

describe("IdleWatch", () => {
  test("counts from the last touch and runs each stage in its time", async () => {
    const { clock, idle, ran } = watch();
    idle.touch();
    await clock.advance(900);
    idle.touch();
    await clock.advance(10_000);
    expect(ran).toEqual(["pause at 1900", "stop at 5900"]);
    expect(clock.waiting).toBe(0);
  });

  test("the sooner stage comes first, in whatever order they are given", async () => {
    const { clock, idle, ran } = watch({ stop: 5_000, pause: 1_000 });
    idle.touch();
    await clock.advance(10_000);
    expect(ran).toEqual(["pause at 1000", "stop at 5000"]);
  });

  test("a call sets no timer as long as the one that is set looks in time, and one again where it would not", async () => {
    const { clock, idle } = watch();
    const set = vi.spyOn(clock, "after");
    idle.touch();
    await clock.advance(10);
    idle.hold();
    idle.release();
    expect(set).toHaveBeenCalledTimes(1);
    await clock.advance(2_000); // the first stage has run, and the timer is set for the second
    expect(set).toHaveBeenCalledTimes(3);
    idle.touch();
    expect(set).toHaveBeenCalledTimes(4);
    expect(clock.waiting).toBe(1);
  });

  test("two touches at the same moment need one timer", () => {
    const { clock, idle } = watch();
    const set = vi.spyOn(clock, "after");
    idle.touch();
    idle.touch();
    expect(set).toHaveBeenCalledTimes(1);
  });

  test("without stages nothing waits for anything", async () => {
    const { clock, idle } = watch({});
    idle.touch();
    idle.hold();
    idle.release();
    expect(clock.waiting).toBe(0);
  });

  test("a stage of 0 ms never runs", async () => {
    const { clock, idle, ran } = watch({ pause: 0, stop: 10 });
    idle.touch();
    expect(clock.waiting).toBe(1);
    await clock.advance(100);
    expect(ran).toEqual(["stop at 10"]);
  });

  test("nothing is idle while somebody holds it, and it is idle from the moment the last one lets go", async () => {
    const { clock, idle, ran } = watch();
    idle.touch();
    idle.hold();
    idle.hold();
    expect(idle.holders).toBe(2);
    await clock.advance(10_000);
    expect(clock.waiting).toBe(0);
    idle.release();
    idle.touch();
    await clock.advance(10_000);
    expect(ran).toEqual([]);
    idle.release();
    expect(idle.holders).toBe(0);
    await clock.advance(1_000);
    expect(ran).toEqual(["pause at 21000"]);
  });

  test("a hundred calls in a row leave one timer, and it is idle from the end of the last one", async () => {
    const { clock, idle, ran } = watch();
    idle.touch();
    for (let call = 0; call < 100; call += 1) {
      idle.hold();
      await clock.advance(7);
      idle.release();
      expect(clock.waiting).toBe(1);
    }
    await clock.advance(999);
    expect(ran).toEqual([]);
    await clock.advance(4_001);
    expect(ran).toEqual(["pause at 1700", "stop at 5700"]);
  });

  test("a stage that has it touched begins anew", async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const idle: IdleWatch = new IdleWatch(clock, [
      {
        afterMs: 10,
        run: () => {
          ran.push(clock.now());
          if (ran.length < 3) idle.touch();
        },
      },
    ]);
    idle.touch();
    await clock.advance(100);
    expect([ran, clock.waiting]).toEqual([[10, 20, 30], 0]);
  });

  test("whoever waits until it is free waits for the last holder and leaves no timer", async () => {
    const { clock, idle } = watch({});
    idle.hold();
    idle.hold();
    let free = false;
    const waiting = idle.whenFree(60_000).then(() => {
      free = true;
    });
    idle.release();
    await settle();
    expect(free).toBe(false);
    idle.release();
    await waiting;
    expect(clock.waiting).toBe(0);
  });

  test("whoever waits until it is free waits no longer than the limit", async () => {
    const { clock, idle } = watch({});
    idle.hold();
    let free = false;
    void idle.whenFree(500).then(() => {
      free = true;
    });
    await clock.advance(499);
    expect(free).toBe(false);
    await clock.advance(1);
    expect(free).toBe(true);
  });

  test("what nobody holds is free at once, and no longer counts as idle", async () => {
    const { clock, idle, ran } = watch();
    idle.touch();
    await idle.whenFree(500);
    expect(clock.waiting).toBe(0);
    await clock.advance(10_000);
    expect(ran).toEqual([]);
  });

  test("one that is disposed runs nothing more", async () => {
    const { clock, idle, ran } = watch();
    idle.touch();
    idle[Symbol.dispose]();
    expect(clock.waiting).toBe(0);
    await clock.advance(10_000);
    expect(ran).toEqual([]);
  });
});
