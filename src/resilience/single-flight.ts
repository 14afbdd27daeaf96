import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { abandonOnAbort, type LinkedSignal, linkSignal } from "../time/linked-signal.ts";

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: LinkedSignal;
  passengers: number;
}

/** Shares one piece of work among all who ask for it while it is under way, by key. Failures are shared and not remembered. */
export class SingleFlight<T, Key = string> {
  readonly #flights = new Map<Key, Flight<T>>();

  /** Joins the flight of that key, or starts it. Nobody can leave it, so it always comes to its own end. */
  run(key: Key, work: () => Promise<T>): Promise<T> {
    return this.#board(key, work).result;
  }

  /**
   * Joins the flight of that key, or starts it, and leaves it when `signal` aborts. The work's own signal aborts when the last
   * passenger has left.
   */
  async share(key: Key, signal: Signal, work: (signal: Signal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw GatewayError.from(signal.reason);
    const flight = this.#board(key, work);
    try {
      return await abandonOnAbort(flight.result, signal);
    } finally {
      flight.passengers -= 1;
      if (flight.passengers === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key); // nobody may board what is about to be aborted
        flight.controller.abort(GatewayError.from(signal.reason));
      }
    }
  }

  #board(key: Key, work: (signal: Signal) => Promise<T>): Flight<T> {
    const flight = this.#flights.get(key) ?? this.#takeOff(key, work);
    flight.passengers += 1;
    return flight;
  }

  #takeOff(key: Key, work: (signal: Signal) => Promise<T>): Flight<T> {
    const controller = linkSignal(undefined);
    const result = work(controller.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight: Flight<T> = { result, controller, passengers: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}
