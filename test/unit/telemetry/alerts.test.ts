import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallRecord } from "../../../src/model/ports.ts";
import { type AlertRules, USUAL_WATCHING } from "../../../src/model/watching.ts";
import { type AlertLevel, levelOf } from "../../../src/telemetry/alert-rules.ts";
import { Alerts, type Standing } from "../../../src/telemetry/alerts.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { recorder } from "../../support/open-house.ts";

/** Longer than it takes until a call counts no more. */
const FORGOTTEN_MS = 660_000;

function openWatch(over: Partial<AlertRules> = {}) {
  const clock = new ManualClock();
  const { log, lines } = recorder();
  const world: { standing: Standing; rules: AlertRules } = { standing: "up", rules: { ...USUAL_WATCHING.alerts, ...over } };
  const alerts = new Alerts({ clock, log, rules: () => world.rules, standing: () => world.standing });
  const call = (times: number, over: Partial<CallRecord> = {}): void => {
    for (let time = 0; time < times; time += 1) {
      const record = { id: 1, ref: { backend: "git", tool: "log" }, ms: 1, code: "ok", notes: {} } as const;
      alerts.callFinished({ ...record, endedAt: clock.now(), ...over });
    }
  };
  const become = (standing: Standing): void => {
    world.standing = standing;
    alerts.backendChanged("git");
  };
  const levels = () => alerts.current().map(({ rule, level }) => `${rule} ${level}`);
  const told = () =>
    lines.map(({ level, message, fields }) => `${level} ${message} ${fields["rule"]} ${fields["before"]} > ${fields["level"]}`);
  return { alerts, clock, world, lines, call, become, levels, told };
}

describe("alerts", () => {
  test.each<[string, number, number, Partial<CallRecord>, readonly string[]]>([
    ["a server whose calls are fast", 100, 0, {}, []],
    ["1 slow call in 20", 95, 5, { ms: 450 }, []],
    ["more than 1 slow call in 20", 94, 6, { ms: 450 }, ["latency warning"]],
    ["very slow calls", 90, 10, { ms: 900 }, ["latency critical"]],
    ["slow calls that waited for a start", 50, 50, { ms: 9_000, notes: { startMs: 8_000 } }, []],
    ["5 failures in 100", 95, 5, { code: "unavailable" }, []],
    ["6 failures in 100", 94, 6, { code: "unavailable" }, ["errors warning"]],
    ["21 failures in 100", 79, 21, { code: "deadline_exceeded" }, ["errors critical"]],
    ["answers with isError", 50, 50, { code: "tool_error" }, []],
    ["calls the registry does not allow", 50, 50, { code: "permission_denied" }, []],
    ["calls of a tool that is not there", 50, 50, { code: "not_found" }, []],
    ["calls that were cancelled", 50, 50, { code: "cancelled" }, []],
    ["too few failures to judge", 0, 19, { code: "unavailable" }, []],
    ["just enough failures to judge", 0, 20, { code: "unavailable" }, ["errors critical"]],
  ])("of %s", (_what, good, bad, over, expected) => {
    const { call, levels } = openWatch();
    call(good);
    call(bad, over);
    expect(levels()).toEqual(expected);
  });

  test("tell the time in the server apart from ours", () => {
    const { alerts, call } = openWatch();
    call(40, { ms: 320, notes: { backendMs: 310 } });
    expect(alerts.current()).toMatchObject([
      {
        server: "git",
        rule: "latency",
        level: "warning",
        text: expect.stringMatching(/up to 320 ms: 3\d\d ms in the server, 10 ms in Sallyport$/),
      },
    ]);
  });

  test("show the worst first", () => {
    const { call, levels } = openWatch();
    call(50, { ms: 200 });
    call(50, { code: "unavailable" });
    expect(levels()).toEqual(["errors critical", "latency warning"]);
  });

  test.each([
    ["a threshold of its own", { p95Ms: { warn: 10, critical: 20 } }, ["latency critical"]],
    ["its thresholds the wrong way round", { p95Ms: { warn: 500, critical: 100 } }, ["latency critical"]],
    ["no threshold for warnings", { p95Ms: { warn: 0, critical: 500 } }, []],
    ["no threshold at all", { p95Ms: { warn: 0, critical: 0 } }, []],
  ])("follow a registry with %s", (_what, rules, expected) => {
    const { call, levels } = openWatch(rules);
    call(30, { ms: 150 });
    expect(levels()).toEqual(expected);
  });
});

describe("the log", () => {
  test("hears of every change once, though nobody asks", async () => {
    const { clock, call, told } = openWatch();
    call(80);
    call(6, { code: "unavailable" });
    await clock.advance(60_000);
    expect(told()).toEqual(["warn alert errors ok > warning"]);
    call(40, { code: "unavailable" });
    await clock.advance(60_000);
    expect(told().slice(1)).toEqual(["error alert errors warning > critical"]);
    await clock.advance(FORGOTTEN_MS);
    expect(told().slice(2)).toEqual(["warn alert over errors critical > ok"]);
  });

  test("hears nothing, and no timer runs, while all is well", async () => {
    const { clock, call, lines } = openWatch();
    call(1_000);
    expect(clock.waiting).toBe(0);
    call(1, { ms: 300 });
    expect(clock.waiting).toBe(1);
    await clock.advance(FORGOTTEN_MS);
    expect([clock.waiting, lines]).toEqual([0, []]);
  });

  test("hears of slow calls though the limit for warnings is above the critical one", async () => {
    const { clock, call, told } = openWatch({ p95Ms: { warn: 500, critical: 100 } });
    call(30, { ms: 200 });
    await clock.advance(60_000);
    expect(told()).toEqual(["error alert latency ok > critical"]);
  });

  test("hears nothing more once the alerts are disposed of", async () => {
    const { alerts, clock, call, become, lines } = openWatch();
    call(30, { code: "unavailable" });
    alerts[Symbol.dispose]();
    become("down");
    call(30, { code: "unavailable" });
    await clock.advance(60_000);
    expect([clock.waiting, lines]).toEqual([0, []]);
  });
});

describe("old calls", () => {
  test("count no more after a while", async () => {
    const { clock, call, levels } = openWatch();
    call(30, { code: "unavailable" });
    expect(levels()).toEqual(["errors critical"]);
    await clock.advance(FORGOTTEN_MS);
    expect(levels()).toEqual([]);
  });

  test("of a long calm do not hide what fails now", async () => {
    const { clock, call, levels } = openWatch();
    call(100_000);
    await clock.advance(FORGOTTEN_MS);
    call(20, { code: "unavailable" });
    expect(levels()).toEqual(["errors critical"]);
  });

  test("that failed are outweighed by few good ones only where there are none of them any more", async () => {
    const { clock, call, levels } = openWatch();
    call(30, { code: "unavailable" });
    expect(levels()).toEqual(["errors critical"]);
    await clock.advance(FORGOTTEN_MS / 2);
    call(1);
    await clock.advance(FORGOTTEN_MS / 2);
    call(1);
    expect(levels()).toEqual([]);
  });
});

describe("a server that is down", () => {
  test("raises an alert after a minute, and ends it when it is up", async () => {
    const { clock, become, levels, told } = openWatch();
    become("down");
    await clock.advance(60_000);
    expect(levels()).toEqual([]);
    await clock.advance(6_000);
    expect([levels(), told()]).toEqual([["down critical"], ["error alert down ok > critical"]]);
    expect(clock.waiting).toBe(0);
    become("unclear");
    expect(levels()).toEqual(["down critical"]);
    become("up");
    expect([levels(), told().slice(1)]).toEqual([[], ["warn alert over down critical > ok"]]);
  });

  test("is down for as long as its starts fail, each try included", async () => {
    const { clock, become, levels } = openWatch();
    for (let time = 0; time < 7; time += 1) {
      become("down");
      await clock.advance(8_000);
      become("unclear");
      await clock.advance(2_000);
    }
    expect(levels()).toEqual(["down critical"]);
  });

  test("that comes back in time is no alert, and the next time counts anew", async () => {
    const { clock, become, levels, lines } = openWatch();
    become("down");
    await clock.advance(50_000);
    become("up");
    become("down");
    await clock.advance(50_000);
    expect([levels(), lines]).toEqual([[], []]);
  });

  test("may be down for ever where the registry says so", async () => {
    const { clock, become, levels } = openWatch({ downMs: 0 });
    become("down");
    await clock.advance(FORGOTTEN_MS);
    expect(levels()).toEqual([]);
  });
});

test("a server that has left the registry has no alerts", () => {
  const { alerts, call, levels } = openWatch();
  call(30, { code: "unavailable" });
  alerts.forget("git");
  expect(levels()).toEqual([]);
});

describe("a level", () => {
  const THRESHOLD = { warn: 100, critical: 500 };
  const level = fc.constantFrom<AlertLevel>("ok", "warning", "critical");

  test.each<[number, AlertLevel, AlertLevel]>([
    [100, "ok", "ok"],
    [101, "ok", "warning"],
    [81, "warning", "warning"],
    [80, "warning", "ok"],
    [501, "ok", "critical"],
    [401, "critical", "critical"],
    [400, "critical", "warning"],
    [401, "warning", "warning"],
    [0, "critical", "ok"],
  ])("at %d, having been %s", (value, before, expected) => {
    expect(levelOf(value, THRESHOLD, before)).toBe(expected);
  });

  test("does not change twice for one value, nor flap for values that stay within a fifth", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1_000, noNaN: true }),
        fc.array(fc.double({ min: 0.9, max: 1, noNaN: true })),
        level,
        (top, wobble, start) => {
          let now = levelOf(top, THRESHOLD, start);
          expect(levelOf(top, THRESHOLD, now)).toBe(now);
          let changes = 0;
          for (const factor of wobble) {
            const next = levelOf(top * factor, THRESHOLD, now);
            if (next !== now) changes += 1;
            now = next;
          }
          expect(changes).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
