import fc from "fast-check";
import { expect, test } from "vitest";
import { FileLeaseBook } from "../../../src/state/leases.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { tempDir } from "./temp-dir.ts";

const NAME = "git";

test("whatever the order in which gateways acquire, sweep and release, a lease that is held is seen by everyone", async () => {
  const holders = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), holders, async (scheduler, keepers) => {
      const directory = await tempDir();
      const books = ["one", "two"].map((nonce) => new FileLeaseBook({ directory, gatewayNonce: nonce, clock: systemClock }));
      const bookOf = (id: number): FileLeaseBook => books[id % books.length] as FileLeaseBook;
      const sweep = async (id: number): Promise<void> => {
        await scheduler.schedule(Promise.resolve(), `sweep ${id}`);
        expect(await bookOf(id).sweep(), "a lease of a process alive was swept").toBe(0);
      };
      const gateway = async (keeps: boolean, id: number): Promise<void> => {
        await scheduler.schedule(Promise.resolve(), `acquire ${id}`);
        const lease = await bookOf(id).acquire(NAME);
        for (const book of books) expect((await book.holders(NAME)).length).toBeGreaterThanOrEqual(1);
        await scheduler.schedule(Promise.resolve(), `release ${id}`);
        if (!keeps) await lease[Symbol.asyncDispose]();
      };
      await scheduler.waitFor(Promise.all([...keepers.map(gateway), sweep(0), sweep(1), sweep(2)]));
      const kept = keepers.filter(Boolean).length;
      for (const book of books) expect(await book.holders(NAME)).toHaveLength(kept);
    }),
    { numRuns: 15 },
  );
});
