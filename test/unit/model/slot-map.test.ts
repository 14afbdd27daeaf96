import { getHeapSpaceStatistics } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SlotMap } from "../../../src/model/slot-map.ts";

type Step = { readonly set: readonly [number, string] } | { readonly delete: number } | { readonly clear: true };

const key = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ set: fc.tuple(key, fc.string({ maxLength: 3 })) }) },
  { weight: 5, arbitrary: fc.record({ delete: key }) },
  { weight: 1, arbitrary: fc.record({ clear: fc.constant(true as const) }) },
);

function apply(step: Step, to: SlotMap<number, string> | Map<number, string>): unknown {
  if ("set" in step) return void to.set(...step.set);
  return "delete" in step ? to.delete(step.delete) : to.clear();
}

describe("SlotMap", () => {
  test("keeps what a Map keeps, in the same order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [slots, map] = [new SlotMap<number, string>(), new Map<number, string>()];
        for (const each of steps) {
          expect(apply(each, slots)).toEqual(apply(each, map));
          expect({ size: slots.size, keys: slots.keys(), values: slots.values() }).toEqual({
            size: map.size,
            keys: [...map.keys()],
            values: [...map.values()],
          });
          expect(slots.first).toBe([...map.values()][0]);
          for (let at = 0; at <= 12; at += 1) expect([slots.has(at), slots.get(at)]).toEqual([map.has(at), map.get(at)]);
        }
      }),
      { numRuns: 300 },
    );
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
    expect(most / calls).toBeLessThan(150); // with a Map it is some 300, until a full collection
  });
});
