import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { SingleFlight } from "../../../src/resilience/single-flight.ts";
import { settle } from "../../support/manual-clock.ts";
import { patient } from "./breaker-house.ts";
import { deferred } from "./deferred.ts";

const cancelled = () => new GatewayError("cancelled", "Call cancelled");
const never = () => Promise.reject(new Error("must not fly"));

describe("run()", () => {
  test("shares the flight of a key with all who ask while it is under way", async () => {
    const flights = new SingleFlight<string>();
    const work = deferred<string>();
    const all = [flights.run("a", () => work.promise), flights.run("a", never), flights.share("a", patient(), never)];
    work.resolve("value");
    expect(await Promise.all(all)).toEqual(["value", "value", "value"]);
  });

  test("flies again for the next who asks, after a failure too", async () => {
    const flights = new SingleFlight<string>();
    await expect(flights.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await flights.run("a", () => Promise.resolve("one"))).toBe("one");
    expect(await flights.run("a", () => Promise.resolve("two"))).toBe("two");
  });

  test("keys do not meet", async () => {
    const flights = new SingleFlight<string>();
    const both = [flights.run("a", () => Promise.resolve("a")), flights.run("b", () => Promise.resolve("b"))];
    expect(await Promise.all(both)).toEqual(["a", "b"]);
  });

  test("is not aborted by passengers who leave", async () => {
    const flights = new SingleFlight<string>();
    const work = deferred<string>();
    const staying = flights.run("a", () => work.promise);
    const caller = new AbortController();
    const leaving = flights.share("a", caller.signal, never);
    caller.abort(cancelled());
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    work.resolve("value");
    expect(await staying).toBe("value");
  });
});

describe("share()", () => {
  test("makes one flight for 10,000 callers", async () => {
    const flights = new SingleFlight<number>();
    let takenOff = 0;
    const work = deferred<number>();
    const all = Array.from({ length: 10_000 }, () =>
      flights.share("a", patient(), () => {
        takenOff += 1;
        return work.promise;
      }),
    );
    work.resolve(7);
    expect(new Set(await Promise.all(all))).toEqual(new Set([7]));
    expect(takenOff).toBe(1);
  });

  test("one passenger leaving does not abort it, the last one does", async () => {
    const flights = new SingleFlight<string>();
    const callers = [new AbortController(), new AbortController()];
    let flight: Signal | undefined;
    const passengers = callers.map(({ signal }) =>
      flights.share("a", signal, (flightSignal) => {
        flight = flightSignal;
        return deferred<string>().promise;
      }),
    );
    const ends = Promise.allSettled(passengers);
    callers[0]?.abort(cancelled());
    await settle();
    expect(flight?.aborted).toBe(false);
    callers[1]?.abort(cancelled());
    await settle();
    expect(flight?.reason).toMatchObject({ code: "cancelled" });
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("a newcomer does not board a flight that was aborted", async () => {
    const flights = new SingleFlight<string>();
    const caller = new AbortController();
    const late = deferred<string>();
    const leaving = flights.share("a", caller.signal, () => late.promise);
    caller.abort(cancelled());
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    const newcomer = flights.share("a", patient(), () => Promise.resolve("new"));
    late.resolve("old");
    expect(await newcomer).toBe("new");
  });

  test("the late end of an aborted flight does not end its successor", async () => {
    const flights = new SingleFlight<string>();
    const caller = new AbortController();
    const old = deferred<string>();
    const leaving = flights.share("a", caller.signal, () => old.promise);
    caller.abort(cancelled());
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    const work = deferred<string>();
    const first = flights.share("a", patient(), () => work.promise);
    old.resolve("old");
    await settle();
    const second = flights.share("a", patient(), never);
    work.resolve("new");
    expect(await Promise.all([first, second])).toEqual(["new", "new"]);
  });

  test("a finished flight's signal is left alone", async () => {
    const flights = new SingleFlight<string>();
    let flight: Signal | undefined;
    await flights.share("a", patient(), (signal) => {
      flight = signal;
      return Promise.resolve("value");
    });
    expect(flight?.aborted).toBe(false);
  });

  test("a caller who has left before does not start one", async () => {
    const flights = new SingleFlight<string>();
    await expect(flights.share("a", AbortSignal.abort(cancelled()), never)).rejects.toMatchObject({ code: "cancelled" });
  });

  test("a failure is told to everyone who waits, and not remembered", async () => {
    const flights = new SingleFlight<string>();
    const work = deferred<string>();
    const both = Promise.allSettled([flights.share("a", patient(), () => work.promise), flights.share("a", patient(), never)]);
    work.reject(new GatewayError("unavailable", "gone"));
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await flights.share("a", patient(), () => Promise.resolve("again"))).toBe("again");
  });

  test("whatever the order, one flight at a time, aborted exactly if all have left, and who stays gets its value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (scheduler, leavers) => {
        const flights = new SingleFlight<number>();
        const flying = new Map<number, Signal>();
        const aboard = new Set<number>();
        let takenOff = 0;
        const work = async (signal: Signal): Promise<number> => {
          const flight = takenOff;
          takenOff += 1;
          expect([...flying.values()].filter(({ aborted }) => !aborted)).toEqual([]);
          flying.set(flight, signal);
          await scheduler.schedule(Promise.resolve(), `flight ${flight}`);
          flying.delete(flight);
          return flight;
        };
        const passengers = leavers.map(async (leaves, id) => {
          const caller = new AbortController();
          await scheduler.schedule(Promise.resolve(), `arrive ${id}`);
          aboard.add(id);
          if (leaves)
            void scheduler.schedule(Promise.resolve(), `leave ${id}`).then(() => {
              caller.abort(cancelled());
            });
          try {
            expect(await flights.share("a", caller.signal, work)).toBeLessThan(takenOff);
          } catch (reason) {
            expect([leaves, GatewayError.from(reason).code]).toEqual([true, "cancelled"]);
          } finally {
            aboard.delete(id);
          }
          const alive = [...flying.values()].filter(({ aborted }) => !aborted);
          if (aboard.size === 0) expect(alive).toEqual([]);
        });
        await scheduler.waitFor(Promise.all(passengers));
      }),
      { numRuns: 200 },
    );
  });
});
