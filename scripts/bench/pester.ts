import { callLine } from "./gateway.ts";
import type { HopWatch } from "./hop-watch.ts";
import type { LineDriver } from "./line-driver.ts";
import type { Yardstick } from "./yardstick.ts";

/** How the questions of one kind fared, in ms. */
export interface Times {
  /** As whoever asked saw it. */
  readonly seen: number[];
  /** The gateway's part of it: without the waiting for a CPU that other processes had. */
  readonly gateway: number[];
}

/** What a backend got to do beside the measured calls, and how `discover` and `status` fared meanwhile. */
export interface Pestering {
  readonly discover: Times;
  readonly status: Times;
  /** What a bare process took for an answer, asked at the same moments. */
  readonly echoMs: readonly number[];
  /** What a bare process took to compute as long as a `discover` usually does, asked in between. */
  readonly yardstickMs: readonly number[];
  readonly made: number;
  readonly refused: number;
  /** Ends it, and settles what was the gateway's part. */
  end(): Promise<void>;
}

export interface Pestered {
  readonly gateway: LineDriver;
  readonly watch: HopWatch;
  /** Answers every line at once. */
  readonly echo: LineDriver;
  readonly yardstick: Yardstick;
  readonly server: string;
}

/** The question that is asked of `discover`. */
export const DISCOVER = { name: "discover", arguments: { query: "add a line" } };
const EVERY_MS = 20;
/** More than the gateway lets wait for one backend, so that some are turned away. */
const MOST_OPEN = 320;
const META_EVERY = 2;

let nextId = 1_200_000_000; // the measured calls count from below, and the probe looks for ten digits

/** Calls one backend 50 times a second, whatever becomes of it, and asks for `discover` and `status` in between. */
export function pester({ gateway, watch, echo, yardstick, server }: Pestered): Pestering {
  const [discover, status] = [newTimes(), newTimes()];
  const asked = new Map<number, Times>();
  const pestering = { discover, status, echoMs: [] as number[], yardstickMs: [] as number[], made: 0, refused: 0 };
  let [open, ticks] = [0, 0];
  const send = (to: LineDriver, id: number, params: object, done: (ok: boolean, ms: number) => void): void => {
    const began = performance.now();
    to.send(id, callLine(id, params), (ok) => done(ok, performance.now() - began));
  };
  const call = (): void => {
    open += 1;
    pestering.made += 1;
    send(gateway, nextId++, { name: "invoke", arguments: { tool: `${server}/read`, arguments: { text: "sick" } } }, (ok) => {
      open -= 1;
      if (!ok) pestering.refused += 1;
    });
  };
  const ask = (times: Times, params: object): void => {
    const id = nextId++;
    asked.set(id, times);
    send(echo, id, params, (_, ms) => pestering.echoMs.push(ms));
    watch.asking(id);
    send(gateway, id, params, (_, ms) => times.seen.push(ms));
  };
  const timer = setInterval(() => {
    ticks += 1;
    if (open < MOST_OPEN) call();
    if (ticks % (2 * META_EVERY) === 0) ask(discover, DISCOVER);
    else if (ticks % META_EVERY === 0) ask(status, { name: "status", arguments: {} });
    else if (ticks % (2 * META_EVERY) === 1) void yardstick.measure().then((ms) => pestering.yardstickMs.push(ms));
  }, EVERY_MS);
  return Object.assign(pestering, {
    async end() {
      clearInterval(timer);
      for (const [id, ms] of await watch.gatewayMs()) asked.get(id)?.gateway.push(ms);
    },
  });
}

const newTimes = (): Times => ({ seen: [], gateway: [] });
