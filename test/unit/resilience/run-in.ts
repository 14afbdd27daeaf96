import { GatewayError } from "../../../src/model/errors.ts";
import type { Bulkhead, Cargo } from "../../../src/resilience/bulkhead.ts";

/** Runs `work` in a place of a bulkhead, and leaves it with the work's end. */
export function runIn<T>(bulkhead: Bulkhead, work: () => Promise<T>, cargo: Cargo): Promise<T> {
  return new Promise((resolve, reject) => {
    bulkhead.enter(cargo, (stay) => {
      if (stay instanceof GatewayError) reject(stay);
      else
        work()
          .finally(() => stay.leave())
          .then(resolve, reject);
    });
  });
}
