import { type Clock, systemClock } from "../../src/time/clock.ts";

/** The system's clock with every wait a hundred times shorter, so that a deadline of 10 s passes in a tenth of a second. */
export const hastyClock: Clock = {
  now: () => systemClock.now() * 100,
  wallTime: () => systemClock.wallTime(),
  after: (ms, run) => systemClock.after(ms / 100, run),
};
