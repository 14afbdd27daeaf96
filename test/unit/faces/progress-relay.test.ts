import fc from "fast-check";
import { expect, test } from "vitest";
import { ProgressRelay } from "../../../src/faces/mcp/progress-relay.ts";
import type { ProgressUpdate } from "../../../src/model/call.ts";
import { gate } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";

function listen() {
  const heard: ProgressUpdate[] = [];
  const relay = new ProgressRelay(async (update) => void heard.push(update));
  return { heard, relay };
}

test("progress that grows is passed on as it came", async () => {
  const { heard, relay } = listen();
  const updates = [{ progress: 0 }, { progress: 1, total: 3 }, { progress: 2.5, total: 3, message: "nearly" }];
  for (const update of updates) relay.pass(update);
  await relay.settled();
  expect(heard).toEqual(updates);
});

test("whatever a backend reports, the host hears strictly more each time, and never less than was said", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })), (reports) => {
      const { heard, relay } = listen();
      for (const progress of reports) relay.pass({ progress });
      const values = heard.map(({ progress }) => progress);
      expect(values).toHaveLength(reports.length);
      expect(values.every((value, at) => at === 0 || value > Number(values[at - 1]))).toBe(true);
      expect(values.every((value, at) => value >= Number(reports[at]))).toBe(true);
    }),
  );
});

test("the result waits until every report is handed over", async () => {
  const handedOver = gate();
  const relay = new ProgressRelay(() => handedOver.promise);
  relay.pass({ progress: 1 });
  let settled = false;
  const waiting = relay.settled().then(() => {
    settled = true;
  });
  await settle();
  expect(settled).toBe(false);
  handedOver.open();
  await waiting;
});

test("a host that is gone keeps no result waiting", async () => {
  const relay = new ProgressRelay(() => Promise.reject(new Error("closed")));
  relay.pass({ progress: 1 });
  await relay.settled();
});

test("without a report there is nothing to wait for", async () => {
  const { heard, relay } = listen();
  await relay.settled();
  expect(heard).toEqual([]);
});
