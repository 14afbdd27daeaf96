import { callLine } from "./gateway.ts";
import type { LineDriver } from "./line-driver.ts";

/** What a backend got to do beside the measured calls, and how `discover` and `status` fared meanwhile. */
export interface Pestering extends Disposable {
  readonly discoverMs: number[];
  readonly statusMs: number[];
  readonly made: number;
  readonly refused: number;
}

const EVERY_MS = 20;
/** More than the gateway lets wait for one backend, so that some are turned away. */
const MOST_OPEN = 320;
const META_EVERY = 2;

let nextId = 1_000_000_000; // the measured calls count from below

/** Calls one backend 50 times a second, whatever becomes of it, and asks for `discover` and `status` in between. */
export function pester(gateway: LineDriver, server: string): Pestering {
  const pestering = { discoverMs: [] as number[], statusMs: [] as number[], made: 0, refused: 0 };
  let [open, ticks] = [0, 0];
  const ask = (params: object, done: (ok: boolean, ms: number) => void): void => {
    const id = nextId++;
    const began = performance.now();
    gateway.send(id, callLine(id, params), (ok) => done(ok, performance.now() - began));
  };
  const call = (): void => {
    open += 1;
    pestering.made += 1;
    ask({ name: "invoke", arguments: { tool: `${server}/read`, arguments: { text: "sick" } } }, (ok) => {
      open -= 1;
      if (!ok) pestering.refused += 1;
    });
  };
  const timer = setInterval(() => {
    ticks += 1;
    if (open < MOST_OPEN) call();
    if (ticks % (2 * META_EVERY) === 0)
      ask({ name: "discover", arguments: { query: "add a line" } }, (_, ms) => pestering.discoverMs.push(ms));
    else if (ticks % META_EVERY === 0) ask({ name: "status", arguments: {} }, (_, ms) => pestering.statusMs.push(ms));
  }, EVERY_MS);
  return Object.assign(pestering, { [Symbol.dispose]: () => clearInterval(timer) });
}
