import { type Clock, systemClock } from "../../../src/time/clock.ts";

/** How many times faster than the machine's the rushed clock goes. */
const RUSH = 20;

/** A clock on which a second lasts 50 ms, for gateways that wait while real sockets and children do something. */
export const rushedClock: Clock = {
  now: () => systemClock.now() * RUSH,
  wallTime: () => systemClock.wallTime(),
  after: (ms, run) => systemClock.after(ms / RUSH, run),
};
