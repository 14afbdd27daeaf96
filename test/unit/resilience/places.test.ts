import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { Places } from "../../../src/resilience/places.ts";
import { settle } from "../../support/manual-clock.ts";
import { patient } from "./breaker-house.ts";

describe("Places", () => {
  test("hands out as many as there are, and again what is given back", () => {
    const places = new Places(2);
    expect([places.tryTake(), places.tryTake(), places.tryTake()]).toEqual([true, true, false]);
    places.giveBack();
    expect(places.taken).toBe(1);
    expect(places.tryTake()).toBe(true);
  });

  test("lets those who wait in, in their order, as places come free or are added", async () => {
    const places = new Places(1);
    places.tryTake();
    const placed: string[] = [];
    for (const name of ["a", "b", "c"]) void places.wait(patient()).then((place) => placed.push(`${name} ${place}`));
    places.giveBack();
    await settle();
    expect(placed).toEqual(["a true"]);
    places.limit = 2;
    await settle();
    expect(placed).toEqual(["a true", "b true"]);
    expect([places.limit, places.taken, places.waiting]).toEqual([2, 2, 1]);
  });

  test("sends those who wait away without a place", async () => {
    const places = new Places(0);
    const waiting = [places.wait(patient()), places.wait(patient())];
    places.dismiss();
    expect(await Promise.all(waiting)).toEqual([false, false]);
    expect([places.taken, places.waiting]).toEqual([0, 0]);
  });

  test("leaves nothing on the signal of who has a place, or has left", async () => {
    const places = new Places(0);
    const [stayer, leaver] = [new AbortController(), new AbortController()];
    const [staying, leaving] = [places.wait(stayer.signal), places.wait(leaver.signal)];
    const reason = new GatewayError("cancelled", "Call cancelled");
    leaver.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    places.limit = 1;
    expect(await staying).toBe(true);
    for (const { signal } of [stayer, leaver]) expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("who has left before it came does not wait", async () => {
    const places = new Places(1);
    await expect(places.wait(AbortSignal.abort(new GatewayError("cancelled", "Gone")))).rejects.toMatchObject({
      message: "Gone",
    });
    expect(places.waiting).toBe(0);
  });
});
