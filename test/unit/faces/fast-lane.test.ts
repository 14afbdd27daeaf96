import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { type DirectCall, FastLane } from "../../../src/faces/mcp/fast-lane.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import { settle } from "../../support/manual-clock.ts";

const toolCall = (params: JsonObject, id: string | number = 1) => ({ jsonrpc: "2.0" as const, id, method: "tools/call", params });
const PLAIN = toolCall({ name: "invoke", arguments: { tool: "a/b" } });

function openLane(result: JsonObject | "nothing" = { content: [] }) {
  const calls: DirectCall[] = [];
  const answers: [string | number, JsonObject][] = [];
  const passed: JSONRPCMessage[] = [];
  const lane = new FastLane({
    answer: (id, answer) => answers.push([id, readRaw(answer)]),
    pass: (message) => passed.push(message),
  });
  lane.open((call, done) => {
    calls.push(call);
    queueMicrotask(() => done(result === "nothing" ? undefined : result));
  });
  return { lane, calls, answers, passed };
}

describe("the lane past the SDK", () => {
  test("takes nothing before it is opened", () => {
    const lane = new FastLane({ answer: () => {}, pass: () => {} });
    expect(lane.take(PLAIN)).toBe(false);
  });

  test("answers a plain tool call with what its handler says", async () => {
    const { lane, calls, answers } = openLane({ content: [{ type: "text", text: "hi" }] });
    expect(lane.take(toolCall({ name: "invoke", arguments: { tool: "a/b" }, _meta: { x: 1 } }, "one"))).toBe(true);
    await settle();
    expect(calls).toMatchObject([{ id: "one", name: "invoke", args: { tool: "a/b" }, meta: { x: 1 } }]);
    expect(answers).toEqual([["one", { content: [{ type: "text", text: "hi" }] }]]);
  });

  test.each([
    ["another method", { ...PLAIN, method: "tools/list" }],
    ["no name", toolCall({ arguments: {} })],
    ["arguments that are no object", toolCall({ name: "invoke", arguments: [] })],
    ["a member it does not know, such as a task", toolCall({ name: "invoke", task: {} })],
  ])("leaves %s to the SDK", (_, message) => {
    const { lane, calls } = openLane();
    expect(lane.take(message)).toBe(false);
    expect(calls).toEqual([]);
  });

  test("passes a call on to the SDK when its handler has no answer", async () => {
    const { lane, answers, passed } = openLane("nothing");
    lane.take(PLAIN);
    await settle();
    expect({ answers, passed }).toEqual({ answers: [], passed: [PLAIN] });
  });

  test("ends a cancelled call and no other, and all of them when it closes", () => {
    const { lane, calls } = openLane();
    for (const id of [1, 2, 3]) lane.take(toolCall({ name: "invoke" }, id));
    const aborted = () => calls.map(({ signal }) => signal.aborted);
    lane.cancel(2);
    lane.cancel("2");
    expect(aborted()).toEqual([false, true, false]);
    expect(calls[1]?.signal.reason).toMatchObject({ code: "cancelled" });
    lane.close();
    expect(aborted()).toEqual([true, true, true]);
    expect(lane.take(PLAIN)).toBe(false);
  });

  test("lets a call that was cancelled answer nobody, though its id is another call's by now", () => {
    const answers: (string | number)[] = [];
    const ends: ((result: JsonObject) => void)[] = [];
    const signals: DirectCall["signal"][] = [];
    const lane = new FastLane({ answer: (_id, answer) => answers.push(String(readRaw(answer)["of"])), pass: () => {} });
    lane.open(({ signal }, done) => {
      signals.push(signal);
      ends.push(done);
    });
    lane.take(PLAIN);
    lane.cancel(1);
    lane.take(PLAIN);
    ends[0]?.({ of: "the first" });
    expect(answers).toEqual([]);
    lane.cancel(1);
    expect(signals[1]?.aborted).toBe(true);
    lane.take(PLAIN);
    ends[2]?.({ of: "the third" });
    expect(answers).toEqual(["the third"]);
  });
});
