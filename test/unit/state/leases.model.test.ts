import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Lease } from "../../../src/model/ports.ts";
import { FileLeaseBook } from "../../../src/state/leases.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { tempDir } from "./temp-dir.ts";

const NAMES = ["git", "git-2", "gi"];
const PLACES = [0, 1, 2];

/** A gateway as its lease book knows it: a real process, which can really be killed. */
interface Gateway {
  readonly child: ChildProcess;
  readonly nonce: string;
  readonly book: FileLeaseBook;
  readonly leases: Lease[];
}

/** What each gateway alive holds, by nonce. */
type Model = Map<string, string[]>;
interface Real {
  readonly directory: string;
  readonly gateways: Gateway[];
  born: number;
}
type Command = fc.AsyncCommand<Model, Real>;

async function bear(real: Real): Promise<Gateway> {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  await once(child, "spawn");
  real.born += 1;
  const nonce = `gateway-${real.born}`;
  const book = new FileLeaseBook({ directory: real.directory, gatewayNonce: nonce, clock: systemClock, pid: child.pid ?? 0 });
  return { child, nonce, book, leases: [] };
}

async function kill({ child }: Gateway): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Runs the step, then asks every gateway alive who holds what: all of them must know what the model knows. */
const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    for (const wanted of NAMES) {
      const expected = [...model].flatMap(([nonce, held]) => held.filter((one) => one === wanted).map(() => nonce)).sort();
      for (const { book } of real.gateways)
        expect((await book.holders(wanted)).map(({ gatewayNonce }) => gatewayNonce).sort()).toEqual(expected);
    }
  },
  toString: () => name,
});

const at = (real: Real, place: number): Gateway => real.gateways[place] as Gateway;

const acquire = (place: number, name: string): Command =>
  command(`acquire(${place}, ${name})`, async (model, real) => {
    const { book, leases, nonce } = at(real, place);
    leases.push(await book.acquire(name));
    model.get(nonce)?.push(name);
  });

const release = (place: number, which: number): Command =>
  command(`release(${place}, ${which})`, async (model, real) => {
    const { leases, nonce } = at(real, place);
    const [lease] = leases.splice(which % Math.max(1, leases.length), 1);
    if (!lease) return;
    await lease[Symbol.asyncDispose]();
    const held = model.get(nonce) ?? [];
    held.splice(held.indexOf(lease.name), 1);
  });

const killAndReplace = (place: number): Command =>
  command(`killAndReplace(${place})`, async (model, real) => {
    model.delete(at(real, place).nonce);
    await kill(at(real, place));
    real.gateways[place] = await bear(real);
    model.set(at(real, place).nonce, []);
  });

const sweep = (place: number): Command =>
  command(`sweep(${place})`, async (model, real) => {
    await at(real, place).book.sweep();
    const files = (await readdir(real.directory)).filter((file) => file.endsWith(".lease"));
    expect(files).toHaveLength([...model.values()].flat().length);
  });

test("whatever gateways acquire, release, sweep and die, each knows exactly the leases of those alive", async () => {
  const place = fc.constantFrom(...PLACES);
  const steps = fc.commands(
    [
      fc.tuple(place, fc.constantFrom(...NAMES)).map(([where, name]) => acquire(where, name)),
      fc.tuple(place, fc.nat(5)).map(([where, which]) => release(where, which)),
      place.map(killAndReplace),
      place.map(sweep),
    ],
    { maxCommands: 25 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      const real: Real = { directory: await tempDir(), gateways: [], born: 0 };
      for (const _ of PLACES) real.gateways.push(await bear(real));
      const model: Model = new Map(real.gateways.map(({ nonce }) => [nonce, []]));
      try {
        await fc.asyncModelRun(() => ({ model, real }), run);
      } finally {
        await Promise.all(real.gateways.map(kill));
      }
    }),
    { numRuns: 30 },
  );
});
