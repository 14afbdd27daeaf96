import { expect, test } from "vitest";
import { idempotency } from "../../../../src/gateway/filters/idempotency.ts";
import type { ToolCall, ToolResult } from "../../../../src/model/call.ts";
import type { Signal } from "../../../../src/model/signal.ts";
import { IdempotencyKeys } from "../../../../src/resilience/idempotency.ts";
import { RawArguments } from "../../../../src/wire/raw-arguments.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { callOf, contextOf, through } from "./one-call.ts";

function open() {
  const filter = idempotency(new IdempotencyKeys<ToolResult>(new ManualClock()));
  let runs = 0;
  const signals: Signal[] = [];
  const send = (over: Partial<ToolCall>, context = contextOf()) =>
    through(
      filter,
      async (_call, { signal }) => {
        signals.push(signal);
        runs += 1;
        return { run: runs };
      },
      callOf(over),
      context,
    );
  return { send, signals };
}

const KEY = { idempotencyKey: "k" };

test("a call without a key runs each time, under its own signal", async () => {
  const { send, signals } = open();
  const context = contextOf();
  expect([await send({}, context), await send({})]).toEqual([{ run: 1 }, { run: 2 }]);
  expect(signals[0]).toBe(context.signal);
});

test("a call with a key runs once, whatever the order of its arguments", async () => {
  const { send } = open();
  expect(await send({ ...KEY, args: { a: 1, b: 2 } })).toEqual({ run: 1 });
  expect(await send({ ...KEY, args: { b: 2, a: 1 } })).toEqual({ run: 1 });
  expect(await send({ ...KEY, args: { a: 1, b: 2 }, round: {} })).toEqual({ run: 1 });
});

test.each<{ what: string; over: Partial<ToolCall> }>([
  { what: "other arguments", over: { args: { a: 2 } } },
  { what: "another tool", over: { ref: { backend: "git", tool: "show" } } },
  { what: "another server", over: { ref: { backend: "notes", tool: "log" } } },
])("a key is refused for $what", async ({ over }) => {
  const { send } = open();
  await send(KEY);
  expect(await send({ ...KEY, ...over })).toMatchObject({ code: "invalid_argument" });
});

test.each([{ round: { inputResponses: {} } }, { round: { requestState: "s" } }])(
  "a continuation (%o) is part of its call and no repetition",
  async ({ round }) => {
    const { send } = open();
    expect([await send(KEY), await send({ ...KEY, round })]).toEqual([{ run: 1 }, { run: 2 }]);
  },
);

test("arguments that were not read are those they would be read as", async () => {
  const { send } = open();
  expect(await send({ ...KEY, args: new RawArguments(Buffer.from('{"b": 2, "a": 1}')) })).toEqual({ run: 1 });
  expect(await send({ ...KEY, args: { a: 1, b: 2 } })).toEqual({ run: 1 });
});
