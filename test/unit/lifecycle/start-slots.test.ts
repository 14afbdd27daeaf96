import { describe, expect, test } from "vitest";
import { StartSlots } from "../../../src/lifecycle/start-slots.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { settle } from "../../support/manual-clock.ts";

const patient = (): Signal => new AbortController().signal;

describe("StartSlots", () => {
  test("as many start at the same time as there are slots, the others in order as slots come free", async () => {
    const slots = new StartSlots(2);
    const begun: number[] = [];
    const held: Disposable[] = [];
    for (let start = 0; start < 5; start += 1)
      void slots.take(patient()).then((slot) => {
        begun.push(start);
        held.push(slot);
      });
    await settle();
    expect(begun).toEqual([0, 1]);
    held.shift()?.[Symbol.dispose]();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (let round = 0; round < 2; round += 1) {
      for (const slot of held.splice(0)) slot[Symbol.dispose]();
      await settle();
    }
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  test("a slot that nobody waits for is free for the next", async () => {
    const slots = new StartSlots(1);
    (await slots.take(patient()))[Symbol.dispose]();
    await expect(slots.take(patient())).resolves.toBeDefined();
  });

  test("a slot given back twice is one slot", async () => {
    const slots = new StartSlots(1);
    const first = await slots.take(patient());
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await slots.take(patient());
    let second = false;
    void slots.take(patient()).then(() => {
      second = true;
    });
    await settle();
    expect(second).toBe(false);
  });

  test("who leaves the queue is told its own reason and keeps nobody's slot", async () => {
    const slots = new StartSlots(1);
    const first = await slots.take(patient());
    const leaver = new AbortController();
    const left = slots.take(leaver.signal);
    const next = slots.take(patient());
    leaver.abort(new GatewayError("cancelled", "Call cancelled"));
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    first[Symbol.dispose]();
    await expect(next).resolves.toBeDefined();
  });
});
