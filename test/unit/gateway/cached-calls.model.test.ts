import fc from "fast-check";
import { expect, test } from "vitest";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const TOOLS = [tool("read", { annotations: { readOnlyHint: true } }), tool("write")];

/** What is promised, and what must be true of every read: it is no older than the last write that had ended when it was asked. */
interface Model {
  reloads: number;
}

interface Real {
  readonly house: House;
  readonly under: Promise<void>[];
  readonly invoke: (name: string, over?: object) => Promise<JsonObject>;
  readonly entryOf: (reloads: number) => BackendSpec;
  endedWrites: number;
  readonly offences: string[];
}

class Read implements fc.AsyncCommand<Model, Real> {
  readonly fresh: boolean;
  constructor(fresh: boolean) {
    this.fresh = fresh;
  }
  check = () => true;
  async run(_model: Model, real: Real): Promise<void> {
    const least = real.endedWrites;
    const look = async () => {
      const found = await real.invoke("read", { fresh: this.fresh }).catch(() => undefined);
      const value = Number(found?.["value"] ?? Number.POSITIVE_INFINITY);
      if (value < least) real.offences.push(`read ${value} after ${least} writes had ended`);
    };
    real.under.push(look());
  }
  toString = () => (this.fresh ? "read fresh" : "read");
}

class Write implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  async run(_model: Model, real: Real): Promise<void> {
    const done = async () => {
      const found = await real.invoke("write").catch(() => undefined);
      if (found) real.endedWrites = Math.max(real.endedWrites, Number(found["value"]));
    };
    real.under.push(done());
  }
  toString = () => "write";
}

class Restart implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  async run(_model: Model, real: Real): Promise<void> {
    real.under.push(
      real.house.gateway.manage("restart", "notes", caller()).then(
        () => undefined,
        () => undefined,
      ),
    );
  }
  toString = () => "restart";
}

class Reload implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    model.reloads += 1;
    real.house.apply(snapshotOf(real.entryOf(model.reloads)));
  }
  toString = () => "reload";
}

class Pass implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  async run(_model: Model, real: Real): Promise<void> {
    await real.house.clock.advance(400);
  }
  toString = () => "time passes";
}

const commands = fc.commands(
  [
    fc.constant(new Read(false)),
    fc.constant(new Read(false)),
    fc.constant(new Read(true)),
    fc.constant(new Write()),
    fc.constant(new Restart()),
    fc.constant(new Reload()),
    fc.constant(new Pass()),
  ],
  { maxCommands: 30, size: "max" },
);

/** A house whose one server keeps a number; when it takes a request up, and when it answers, the scheduler says. */
function openReal(scheduler: fc.Scheduler): Real {
  const entryOf = (reloads: number) =>
    entry("notes", { trustAnnotations: true, cacheTtlMs: 1_000, digest: `notes ${reloads % 2}` });
  const house = openHouse([entryOf(0)]);
  let value = 0;
  const serve = async ({ name }: JsonObject): Promise<JsonObject> => {
    await scheduler.schedule(Promise.resolve(), `${String(name)} arrives`);
    if (name === "write") value += 1;
    const answer = { content: [], value };
    await scheduler.schedule(Promise.resolve(), `${String(name)} is answered`);
    return answer;
  };
  for (const digest of ["notes 0", "notes 1"]) offer(house.backend(digest), TOOLS, serve);
  const invoke = (name: string, over: object = {}) =>
    house.gateway.invoke({ tool: `notes/${name}`, args: {}, ...over }, caller());
  return { house, under: [], invoke, entryOf, endedWrites: 0, offences: [] };
}

test("no interleaving of reads, writes, restarts and reloads serves a value older than the last write that had ended", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), commands, async (scheduler, steps) => {
      const real = openReal(scheduler);
      await using house = real.house;
      await house.gateway.manage("start", "notes", caller());
      await fc.scheduledModelRun(scheduler, () => ({ model: { reloads: 0 }, real }), steps);
      const all = Promise.all(real.under);
      for (let ended = false; !ended; ) {
        await scheduler.waitAll();
        await house.clock.advance(100);
        ended = await Promise.race([all.then(() => true), settle().then(() => false)]);
      }
      expect(real.offences).toEqual([]);
      hits += house.calls().filter(({ cache }) => cache === "hit").length;
    }),
    { numRuns: 300 },
  );
  expect(hits).toBeGreaterThan(0); // else nothing was shown
}, 60_000);
