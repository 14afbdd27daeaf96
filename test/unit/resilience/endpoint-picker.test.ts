import { describe, expect, test } from "vitest";
import { EndpointPicker } from "../../../src/resilience/endpoint-picker.ts";
import type { Outcome } from "../../../src/resilience/outcome.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function open(endpoints: readonly string[]) {
  const clock = new ManualClock();
  const drained: string[] = [];
  const picker = new EndpointPicker(endpoints, { backend: "git", clock, onDrained: (endpoint) => drained.push(endpoint) });
  const ejected = () => picker.endpoints.filter((each) => each.ejected).map(({ endpoint }) => endpoint);
  /** Picks and settles until `endpoint` has had `times` of these outcomes; the others answer. */
  const hit = (endpoint: string, times: number, outcome: Outcome = "fail") => {
    for (let left = times; left > 0; ) {
      const picked = picker.pick();
      picked.settle(picked.endpoint === endpoint ? outcome : "ok");
      if (picked.endpoint === endpoint) left -= 1;
    }
  };
  const served = (count: number) => {
    const names: string[] = [];
    for (let pick = 0; pick < count; pick += 1) {
      const picked = picker.pick();
      picked.settle("ok");
      names.push(picked.endpoint);
    }
    return names;
  };
  return { clock, drained, picker, ejected, hit, served };
}

describe("choice", () => {
  test("goes in turns among equals", () => {
    expect(open(["a", "b", "c"]).served(6)).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  test("prefers the one with the fewest calls under way", () => {
    const { picker } = open(["a", "b"]);
    const [a1, b1, a2] = [picker.pick(), picker.pick(), picker.pick()];
    expect([a1.endpoint, b1.endpoint, a2.endpoint]).toEqual(["a", "b", "a"]);
    a1.settle("ok");
    a2.settle("ok");
    expect(picker.pick().endpoint).toBe("a");
    expect(picker.endpoints.map(({ outstanding }) => outstanding)).toEqual([1, 1]);
  });

  test("can be narrowed to some of them, to which a session then moves", () => {
    const { picker } = open(["a", "b", "c"]);
    picker.pick("s");
    const among = new Set(["b", "c"]);
    expect([1, 2, 3].map(() => picker.pick(undefined, among).endpoint)).toEqual(["b", "c", "b"]);
    expect(picker.pick("s", among).endpoint).toBe("c");
    expect(picker.pick("s").endpoint).toBe("c");
  });

  test("each tells whether its last attempt that counts failed", () => {
    const { picker } = open(["a"]);
    const after = (outcome: Outcome) => {
      picker.pick().settle(outcome);
      return picker.endpoints[0]?.failing;
    };
    expect(picker.endpoints[0]?.failing).toBe(false);
    expect((["ok", "fail", "ignore", "ok", "fail"] as const).map(after)).toEqual([false, true, true, false, true]);
  });

  test("without any to pick from, nothing was sent", () => {
    expect(() => open([]).picker.pick()).toThrowError(
      expect.objectContaining({
        code: "unavailable",
        message: 'Cannot call "git": it has no endpoint',
        backend: "git",
        outcome: "not_executed",
      }),
    );
  });

  test("an attempt is settled once", () => {
    const { picker } = open(["a"]);
    const [first] = [picker.pick(), picker.pick()];
    first?.settle("ok");
    first?.settle("ok");
    expect(picker.endpoints[0]?.outstanding).toBe(1);
  });

  test("an endpoint listed twice is one, and without any there is nothing to call", () => {
    expect(open(["a", "a", "b"]).served(4)).toEqual(["a", "b", "a", "b"]);
    expect(() => open([]).picker.pick()).toThrow('Cannot call "git": it has no endpoint');
  });
});

describe("ejection", () => {
  test("5 failures in a row eject an endpoint for 30 s", async () => {
    const { clock, ejected, hit, served } = open(["a", "b"]);
    hit("a", 4);
    expect(ejected()).toEqual([]);
    hit("a", 1);
    expect(ejected()).toEqual(["a"]);
    expect(served(3)).toEqual(["b", "b", "b"]);
    await clock.advance(29_999);
    expect(ejected()).toEqual(["a"]);
    await clock.advance(1);
    expect(served(2)).toContain("a");
  });

  test("an answer in between begins anew, what is ignored does not", () => {
    const { ejected, hit } = open(["a", "b"]);
    hit("a", 4);
    hit("a", 1, "ok");
    hit("a", 4);
    hit("a", 3, "ignore");
    expect(ejected()).toEqual([]);
    hit("a", 1);
    expect(ejected()).toEqual(["a"]);
  });

  test("the second time is twice as long, and time in service makes good", async () => {
    const { clock, ejected, hit } = open(["a", "b"]);
    hit("a", 5);
    await clock.advance(30_000 + 29_999);
    hit("a", 5);
    await clock.advance(59_999);
    expect(ejected()).toEqual(["a"]);
    await clock.advance(1 + 60_000);
    hit("a", 5);
    await clock.advance(29_999);
    expect(ejected()).toEqual(["a"]);
    await clock.advance(1);
    expect(ejected()).toEqual([]);
  });

  test("it never lasts longer than 5 minutes", async () => {
    const { clock, ejected, hit } = open(["a", "b"]);
    for (let time = 1; time <= 12; time += 1) {
      hit("a", 5);
      await clock.advance(Math.min(time, 10) * 30_000 - 1);
      expect(ejected()).toEqual(["a"]);
      await clock.advance(1);
      expect(ejected()).toEqual([]);
    }
  });

  test.each([
    { endpoints: ["a"], most: 0 },
    { endpoints: ["a", "b"], most: 1 },
    { endpoints: ["a", "b", "c"], most: 1 },
    { endpoints: ["a", "b", "c", "d"], most: 2 },
  ])("of $endpoints at most $most are ejected though all fail", ({ endpoints, most }) => {
    const { picker, ejected } = open(endpoints);
    for (let call = 0; call < 100; call += 1) picker.pick().settle("fail");
    expect(ejected()).toHaveLength(most);
  });

  test("failures of attempts begun before an ejection do not lengthen it", async () => {
    const { clock, picker, ejected, hit } = open(["a", "b"]);
    const old = Array.from({ length: 20 }, () => picker.pick()).filter(({ endpoint }) => endpoint === "a");
    for (const attempt of old.slice(0, 5)) attempt.settle("fail");
    expect(ejected()).toEqual(["a"]);
    await clock.advance(30_000);
    for (const attempt of old.slice(5)) attempt.settle("fail");
    expect(ejected()).toEqual([]);
    hit("a", 4);
    expect(ejected()).toEqual([]);
  });
});

describe("sessions", () => {
  test("stay with their endpoint, however busy it is", () => {
    const { picker } = open(["a", "b"]);
    const names = Array.from({ length: 10 }, () => picker.pick("s").endpoint);
    expect(new Set(names)).toEqual(new Set(["a"]));
    expect(picker.pick().endpoint).toBe("b");
  });

  test("move when it is ejected, and stay where they moved", async () => {
    const { clock, picker, hit } = open(["a", "b"]);
    picker.pick("s").settle("ok");
    hit("a", 5);
    expect(picker.pick("s").endpoint).toBe("b");
    await clock.advance(30_000);
    expect(picker.pick("s").endpoint).toBe("b");
  });

  test("are free again once forgotten", () => {
    const { picker } = open(["a", "b"]);
    picker.pick("s");
    picker.forget("s");
    expect(picker.pick("s").endpoint).toBe("b");
  });

  test("are remembered 1,024 at most, the longest unused are forgotten", () => {
    const { picker } = open(["a", "b"]);
    const visit = (session: string) => {
      const picked = picker.pick(session);
      picked.settle("ok");
      return picked.endpoint;
    };
    expect([visit("old"), visit("kept")]).toEqual(["a", "b"]);
    for (let session = 0; session < 1_022; session += 1) visit(`s${session}`);
    expect(visit("kept")).toBe("b");
    expect(visit("one too many")).toBe("a");
    expect(visit("old")).toBe("b"); // in its turn, like a new one
    expect(visit("kept")).toBe("b"); // out of turn
  });
});

describe("replace()", () => {
  test("removed endpoints get no more calls, finish theirs and are then told of", () => {
    const { picker, drained, served } = open(["a", "b", "c"]);
    const [a] = [picker.pick(), picker.pick().settle("ok")];
    const also = picker.pick("s");
    also.settle("ok");
    picker.replace(["b", "d"]);
    expect(drained).toEqual(["c"]);
    expect(new Set(served(10))).toEqual(new Set(["b", "d"]));
    a?.settle("fail");
    expect(drained).toEqual(["c", "a"]);
  });

  test("a removed endpoint is told of when the last of its calls has ended, and once", () => {
    const { picker, drained } = open(["a"]);
    const calls = [picker.pick(), picker.pick(), picker.pick()];
    picker.replace(["b"]);
    calls[0]?.settle("ok");
    calls[1]?.settle("fail");
    expect(drained).toEqual([]);
    calls[2]?.settle("ok");
    expect(drained).toEqual(["a"]);
  });

  test("a session of a removed endpoint moves", () => {
    const { picker } = open(["a", "b"]);
    picker.pick("s").settle("ok");
    picker.replace(["b"]);
    expect(picker.pick("s").endpoint).toBe("b");
  });

  test("endpoints that stay keep their record, and new ones begin without any", () => {
    const { picker, ejected, hit } = open(["a", "b"]);
    hit("a", 5);
    picker.replace(["a", "b", "c"]);
    expect(ejected()).toEqual(["a"]);
    picker.replace(["b", "c"]);
    picker.replace(["a", "b", "c"]);
    expect(ejected()).toEqual([]);
  });

  test("when only ejected ones are left they serve", () => {
    const { picker, hit, served } = open(["a", "b"]);
    hit("a", 5);
    picker.replace(["a"]);
    expect(served(2)).toEqual(["a", "a"]);
  });
});
