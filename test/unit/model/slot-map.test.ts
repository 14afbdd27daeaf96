import { getHeapSpaceStatistics } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SlotMap } from "../../../src/model/slot-map.ts";

type Key = number | string;
type Step = { readonly set: readonly [Key, string] } | { readonly delete: Key } | { readonly clear: true };

/** Of a kind that hash tables find hard among them. */
const KEYS: readonly Key[] = [
  0,
  1,
  2,
  3,
  17,
  2 ** 16,
  2 ** 17,
  2 ** 20,
  2 ** 31,
  2 ** 40,
  -1,
  0.5,
  1.5,
  "",
  "0",
  "1",
  "a",
  "b",
  "id-1",
  "世界",
];
const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ set: fc.tuple(key, fc.string({ maxLength: 3 })) }) },
  { weight: 5, arbitrary: fc.record({ delete: key }) },
  { weight: 1, arbitrary: fc.record({ clear: fc.constant(true as const) }) },
);

function apply(step: Step, to: SlotMap<Key, string> | Map<Key, string>): unknown {
  if ("set" in step) return void to.set(...step.set);
  return "delete" in step ? to.delete(step.delete) : to.clear();
}

describe("SlotMap", () => {
  test("keeps what a Map keeps, in the same order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const [slots, map] = [new SlotMap<Key, string>(), new Map<Key, string>()];
        for (const each of steps) {
          expect(apply(each, slots)).toEqual(apply(each, map));
          expect({ size: slots.size, keys: slots.keys(), values: slots.values() }).toEqual({
            size: map.size,
            keys: [...map.keys()],
            values: [...map.values()],
          });
          expect(slots.first).toBe([...map.values()][0]);
          for (const each of KEYS) expect([slots.has(each), slots.get(each)]).toEqual([map.has(each), map.get(each)]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("holds thousands at a time, in order, and lets go of them in any", () => {
    const slots = new SlotMap<number, number>();
    for (let at = 0; at < 10_000; at += 1) slots.set(at * 64, at);
    for (let at = 0; at < 10_000; at += 3) expect(slots.delete(at * 64)).toBe(true);
    const left = Array.from({ length: 10_000 }, (_, at) => at).filter((at) => at % 3 !== 0);
    expect(slots.values()).toEqual(left);
    for (const at of left) expect(slots.get(at * 64)).toBe(at);
    for (const at of left.reverse()) slots.delete(at * 64);
    expect([slots.size, slots.first]).toEqual([0, undefined]);
  });

  test("what was deleted does not grow old with the tables it went through", () => {
    const [calls, inFlight] = [60_000, 64];
    const slots = new SlotMap<number, readonly number[]>();
    const oldBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")?.space_used_size ?? 0;
    const garbage = (call: number) => new Array<number>(100).fill(call); // some 800 bytes
    for (let call = 0; call < inFlight; call += 1) slots.set(call, []);
    for (let call = 0; call < 200_000; call += 1) garbage(call); // the first table grows old
    const before = oldBytes();
    let most = 0;
    for (let call = inFlight; call < calls; call += 1) {
      slots.set(call, garbage(call));
      slots.delete(call - inFlight);
      if (call % 500 === 0) most = Math.max(most, oldBytes() - before);
    }
    expect(most / calls).toBeLessThan(20); // with a Map it is 300 to 600, with numbers in it some 40, until a full collection
  });
});
