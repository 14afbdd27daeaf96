import { expect, test } from "vitest";
import { deadline } from "../../../../src/gateway/filters/deadline.ts";
import { untilAborted } from "../../../support/fake-backend.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { type Answering, callOf, contextOf, DONE, through } from "./one-call.ts";

const hang: Answering = (_call, { signal }) => untilAborted(signal);

test.each([
  {
    what: "was never sent",
    notes: {},
    outcome: "not_executed",
    hint: "The server was still starting: call again in a moment, or see status with this server",
  },
  {
    what: "was sent",
    notes: { attempts: 1 },
    outcome: "unknown",
    hint: "The call may have run: verify its effect before you repeat it, or give timeoutMs",
  },
])("a call that $what and hangs ends at its deadline: $outcome", async ({ notes, outcome, hint }) => {
  const clock = new ManualClock();
  await clock.advance(1_000);
  const told = through(deadline(clock), hang, callOf(), contextOf({ deadline: 3_000, notes }));
  await clock.advance(1_999);
  expect(clock.waiting).toBe(1);
  await clock.advance(1);
  expect(await told).toMatchObject({
    code: "deadline_exceeded",
    message: '"git" did not answer "log" within 2 s',
    backend: "git",
    outcome,
    hint,
  });
});

test("a call that is answered in time leaves no timer", async () => {
  const clock = new ManualClock();
  expect(await through(deadline(clock), async () => DONE)).toBe(DONE);
  expect(clock.waiting).toBe(0);
});
