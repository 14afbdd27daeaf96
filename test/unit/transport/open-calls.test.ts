import { describe, expect, test } from "vitest";
import type { AskHost, Host, HostAnswer, Question } from "../../../src/model/host.ts";
import { NO_HOST } from "../../../src/model/host.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { type Listener, OpenCalls } from "../../../src/transport/open-calls.ts";
import type { RpcRequest, RpcResponse } from "../../../src/wire/json-rpc.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const HOST: Host = { ...NO_HOST, capabilities: { elicitation: {}, roots: {} } };
const FORM = { message: "Who?", _meta: { progressToken: 5, kept: true } };
const question = (id: number, method = "elicitation/create", params: JsonObject = FORM): RpcRequest => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

/** A call whose host is asked, and answers when the test says so. */
function call() {
  const controller = new AbortController();
  const asked: { question: Question; signal: Signal; answer: (answer: HostAnswer) => void }[] = [];
  const askHost: AskHost = (one, signal) => new Promise((answer) => asked.push({ question: one, signal, answer }));
  const listener: Listener = { signal: controller.signal, askHost };
  return { listener, asked, abort: () => controller.abort() };
}

function open(host: Host = HOST) {
  const clock = new ManualClock();
  const replies: RpcResponse[] = [];
  const calls = new OpenCalls({
    backend: "door",
    host,
    clock,
    reply: async (response) => {
      replies.push(response);
    },
  });
  return { calls, clock, replies };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a question", () => {
  test("is put to the call whose stream brought it, and its answer goes back as it came", async () => {
    const { calls, replies } = open();
    const [older, newer] = [call(), call()];
    using _first = calls.open(older.listener);
    using _second = calls.open(newer.listener);
    expect(calls.take(question(1), older.listener)).toBe(true);
    expect(older.asked[0]?.question).toEqual({
      method: "elicitation/create",
      params: { message: "Who?", _meta: { kept: true } },
    });
    older.asked[0]?.answer({ result: { action: "accept", "x-unknown": 1 } });
    await turn();
    expect(replies).toEqual([{ jsonrpc: "2.0", id: 1, result: { action: "accept", "x-unknown": 1 } }]);
    expect(newer.asked).toEqual([]);
  });

  test("on no call's stream is put to the newest call that waits for no answer yet", () => {
    const { calls } = open();
    const [oldest, newest] = [call(), call()];
    using _first = calls.open(oldest.listener);
    using _second = calls.open(newest.listener);
    for (const id of [1, 2, 3]) calls.take(question(id));
    expect([oldest.asked.length, newest.asked.length]).toEqual([1, 2]);
  });

  test("outside of any call is put to the host itself, where it can be asked so", () => {
    const beside = call();
    const { calls } = open({ ...HOST, ask: beside.listener.askHost });
    calls.take(question(1, "roots/list", {}));
    expect(beside.asked).toHaveLength(1);
  });

  test("outside of any call waits for the next call of a host that is asked only through calls, for a minute", async () => {
    const { calls, clock, replies } = open();
    const [late, later] = [call(), call()];
    calls.take(question(1, "roots/list", {}));
    using _late = calls.open(late.listener);
    expect(late.asked).toHaveLength(1);
    late.asked[0]?.answer({ result: { roots: [] } });
    await turn();
    expect(replies).toEqual([{ jsonrpc: "2.0", id: 1, result: { roots: [] } }]);
    const other = open();
    other.calls.take(question(2, "roots/list", {}));
    await other.clock.advance(60_000);
    expect(other.replies).toMatchObject([{ id: 2, error: { code: -32_603 } }]);
    using _later = other.calls.open(later.listener);
    expect(later.asked).toEqual([]);
    await clock.advance(60_000);
    expect(replies).toHaveLength(1);
  });

  test.each([
    ["of which nobody ever said a word", NO_HOST, "elicitation/create", -32_601],
    ["without that capability", HOST, "sampling/createMessage", -32_601],
    ["without that mode", HOST, "elicitation/create", -32_602],
  ])("is refused at once for a host %s", async (_which, host, method, code) => {
    const { calls, replies } = open(host);
    calls.take(question(1, method, { mode: "url" }));
    expect(replies).toMatchObject([{ id: 1, error: { code } }]);
  });

  test("that the backend takes back is taken back from the host, and not answered", async () => {
    const { calls, replies } = open();
    const one = call();
    using _open = calls.open(one.listener);
    calls.take(question(1));
    const withdrawn = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } } as const;
    expect(calls.take(withdrawn)).toBe(true);
    expect(one.asked[0]?.signal.aborted).toBe(true);
    one.asked[0]?.answer({ result: {} });
    await turn();
    expect(replies).toEqual([]);
    expect(calls.take(withdrawn)).toBe(false);
  });

  test("ends with the call that asked it, and is answered with an error", () => {
    const { calls, replies } = open();
    const one = call();
    const running = calls.open(one.listener);
    calls.take(question(1), one.listener);
    running[Symbol.dispose]();
    expect(one.asked[0]?.signal.aborted).toBe(true);
    expect(replies).toMatchObject([{ id: 1, error: { code: -32_603 } }]);
  });

  test("that is only thought to be a call's outlives a call that ended well, and ends with one that was given up", async () => {
    const { calls, replies } = open();
    const [well, givenUp] = [call(), call()];
    const first = calls.open(well.listener);
    calls.take(question(1));
    first[Symbol.dispose]();
    expect(well.asked[0]?.signal.aborted).toBe(false);
    well.asked[0]?.answer({ result: {} });
    await turn();
    expect(replies).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
    const second = calls.open(givenUp.listener);
    calls.take(question(2));
    givenUp.abort();
    second[Symbol.dispose]();
    expect(replies[1]).toMatchObject({ id: 2, error: { code: -32_603 } });
  });

  test("is refused when 64 are open, and none of them is harmed", () => {
    const { calls, replies } = open();
    const one = call();
    using _open = calls.open(one.listener);
    for (let id = 1; id <= 65; id += 1) calls.take(question(id), one.listener);
    expect(one.asked).toHaveLength(64);
    expect(replies).toMatchObject([{ id: 65, error: { code: -32_603 } }]);
  });

  test("of a session begun anew takes the place of the old session's with the same id", async () => {
    const { calls, replies } = open();
    const one = call();
    using _open = calls.open(one.listener);
    calls.take(question(1));
    calls.take(question(1, "roots/list", {}));
    expect(one.asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    one.asked[0]?.answer({ result: { stale: true } });
    one.asked[1]?.answer({ result: { roots: [] } });
    await turn();
    expect(replies).toEqual([{ jsonrpc: "2.0", id: 1, result: { roots: [] } }]);
  });

  test("is taken back from the host when the conversation ends", () => {
    const { calls, replies } = open();
    const one = call();
    using _open = calls.open(one.listener);
    calls.take(question(1));
    calls.close();
    expect(one.asked[0]?.signal.aborted).toBe(true);
    expect(replies).toEqual([]);
  });

  test("is the only request taken here: a ping is somebody else's", () => {
    const { calls } = open();
    expect(calls.take(question(1, "ping", {}))).toBe(false);
  });
});

describe("a log line", () => {
  const line = (level: string, logger?: string): { jsonrpc: "2.0"; method: string; params: JsonObject } => ({
    jsonrpc: "2.0",
    method: "notifications/message",
    params: { level, data: 1, ...(logger !== undefined && { logger }) },
  });
  const reader = (level: "info" | "error") => {
    const lines: JsonObject[] = [];
    const listener: Listener = { signal: new AbortController().signal, log: { level, tell: (one) => lines.push(one) } };
    return { lines, listener };
  };

  test("goes to the call whose stream brought it, from the level it asked for on, under the name of its server", () => {
    const { calls } = open();
    const { lines, listener } = reader("info");
    for (const one of [line("debug"), line("info"), line("error", "part"), line("loud")])
      expect(calls.take(one, listener)).toBe(true);
    expect(lines).toEqual([
      { level: "info", data: 1, logger: "door" },
      { level: "error", data: 1, logger: "door/part" },
    ]);
  });

  test("of a call that did not ask for it goes nowhere, even if another did", () => {
    const { calls } = open();
    const { lines, listener } = reader("info");
    using _open = calls.open(listener);
    calls.take(line("error"), call().listener);
    expect(lines).toEqual([]);
  });

  test("on no call's stream goes to the newest call that asked, and to the host itself outside of any", () => {
    const beside = reader("error");
    const { calls } = open({ ...HOST, log: beside.listener.log });
    const within = reader("info");
    const running = calls.open(within.listener);
    calls.take(line("info"));
    running[Symbol.dispose]();
    calls.take(line("error"));
    expect([within.lines.length, beside.lines.length]).toEqual([1, 1]);
  });
});
