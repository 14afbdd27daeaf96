import { describe, expect, test } from "vitest";
import { bulkhead } from "../../../../src/gateway/filters/bulkhead.ts";
import { observe } from "../../../../src/gateway/filters/observe.ts";
import { readOnly } from "../../../../src/gateway/filters/read-only.ts";
import { Guards } from "../../../../src/gateway/guards.ts";
import type { LearnTools } from "../../../../src/gateway/learn-tools.ts";
import { GatewayError } from "../../../../src/model/errors.ts";
import type { CallRecord, Observer } from "../../../../src/model/ports.ts";
import { gate } from "../../../support/fake-backend.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { callOf, contextOf, DONE, OneServer, REF, through } from "./one-call.ts";

test("a call is noted with how long it waited for its turn", async () => {
  const clock = new ManualClock();
  await clock.advance(1_000);
  const filter = bulkhead(new OneServer().router, new Guards(clock, () => {}));
  const work = gate<object>();
  const others = Array.from({ length: 32 }, () => through(filter, () => work.promise as Promise<typeof DONE>));
  const last = contextOf();
  const told = through(filter, async () => DONE, callOf(), last);
  await clock.advance(700);
  expect(last.notes.queuedMs).toBeUndefined();
  work.open(DONE);
  await Promise.all([...others, told]);
  expect(last.notes.queuedMs).toBe(700);
});

describe("observe", () => {
  async function recordOf(end: object) {
    const clock = new ManualClock();
    await clock.advance(1_000);
    const records: CallRecord[] = [];
    const observer = { callFinished: (record: CallRecord) => void records.push(record) } as Observer;
    const told = through(
      observe(observer, clock),
      async () => {
        await new Promise<void>((resolve) => void clock.after(300, resolve));
        if (end instanceof GatewayError) throw end;
        return { ...end };
      },
      callOf(),
      contextOf({ id: 7, notes: { attempts: 2 } }),
    );
    await clock.advance(300);
    await told;
    return records;
  }

  test.each([
    { end: {}, code: "ok" },
    { end: { isError: false }, code: "ok" },
    { end: { isError: true }, code: "tool_error" },
    { end: new GatewayError("unavailable", "Lost", { outcome: "executed" }), code: "unavailable", outcome: "executed" },
  ])("an end of $code is on record once, with its time", async ({ end, code, outcome }) => {
    const records = await recordOf(end);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ id: 7, ref: REF, ms: 300, code, notes: { attempts: 2 } });
    expect(records[0]?.outcome).toBe(outcome);
  });
});

describe("readOnly", () => {
  const learn = { learnTool: () => Promise.resolve() } as unknown as LearnTools;

  test("lets a tool pass that the registry trusts to change nothing", async () => {
    const { router } = new OneServer({ trustAnnotations: true });
    expect(await through(readOnly(router, learn), async () => DONE)).toBe(DONE);
  });

  test("refuses what only says so itself, and says how a person can vouch for it", async () => {
    const { router } = new OneServer();
    expect(await through(readOnly(router, learn), async () => DONE)).toMatchObject({
      code: "permission_denied",
      message: '"git/log" is not known to be read-only',
      backend: "git",
      hint: expect.stringContaining('mcpServers.git.trust {"annotations": true}'),
    });
  });
});
