import fc from "fast-check";
import { expect, test } from "vitest";
import type { AskHost, HostAnswer } from "../../../src/model/host.ts";
import { NO_HOST } from "../../../src/model/host.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { type Listener, OpenCalls } from "../../../src/transport/open-calls.ts";
import type { RpcResponse } from "../../../src/wire/json-rpc.ts";
import { ManualClock } from "../../support/manual-clock.ts";

interface Call extends Disposable {
  readonly listener: Listener;
  readonly controller: AbortController;
}

/** A conversation in which anything may come at any time. */
function openConversation() {
  const clock = new ManualClock();
  const replies = new Map<number, RpcResponse[]>();
  const asked: { readonly id: number; readonly signal: Signal; readonly answer: (answer: HostAnswer) => void }[] = [];
  const calls: Call[] = [];
  const withdrawn = new Set<number>();
  let questions = 0;
  const open = new OpenCalls({
    backend: "door",
    host: { ...NO_HOST, capabilities: { roots: {} } },
    clock,
    reply: async (response) => void replies.get(Number(response.id))?.push(response),
  });
  const askHost: AskHost = ({ params }, signal) =>
    new Promise((answer) => asked.push({ id: Number(params["number"]), signal, answer }));
  const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];
  return {
    clock,
    replies,
    asked,
    calls,
    withdrawn,
    open,
    begin(): void {
      const controller = new AbortController();
      const listener = { signal: controller.signal, askHost };
      const running = open.open(listener);
      calls.push({ listener, controller, [Symbol.dispose]: () => running[Symbol.dispose]() });
    },
    end(at: number, isGivenUp: boolean): void {
      const call = pick(calls, at);
      if (!call) return;
      calls.splice(calls.indexOf(call), 1);
      if (isGivenUp) call.controller.abort();
      call[Symbol.dispose]();
    },
    ask(at: number, isOnStream: boolean): void {
      const id = ++questions;
      replies.set(id, []);
      const call = isOnStream ? pick(calls, at)?.listener : undefined;
      open.take({ jsonrpc: "2.0", id, method: "roots/list", params: { number: id } }, call);
    },
    withdraw(at: number): void {
      const id = pick([...replies.keys()], at);
      if (id === undefined || replies.get(id)?.length !== 0) return;
      withdrawn.add(id);
      open.take({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
    },
    answer(at: number): void {
      const one = pick(asked, at);
      one?.answer({ result: { roots: [], of: one.id } });
    },
  };
}

const number = fc.nat(20);
const steps = fc.oneof(
  fc.record({ what: fc.constant("begin" as const) }),
  fc.record({ what: fc.constant("end" as const), at: number, flag: fc.boolean() }),
  { arbitrary: fc.record({ what: fc.constant("ask" as const), at: number, flag: fc.boolean() }), weight: 3 },
  fc.record({ what: fc.constant("withdraw" as const), at: number }),
  { arbitrary: fc.record({ what: fc.constant("answer" as const), at: number }), weight: 2 },
  fc.record({ what: fc.constant("wait" as const), at: number }),
);

test("whatever comes in whatever order, each question gets one answer, its own, unless it was taken back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (script) => {
      const talk = openConversation();
      for (const step of script) {
        if (step.what === "begin") talk.begin();
        else if (step.what === "end") talk.end(step.at, step.flag);
        else if (step.what === "ask") talk.ask(step.at, step.flag);
        else if (step.what === "withdraw") talk.withdraw(step.at);
        else if (step.what === "answer") talk.answer(step.at);
        else await talk.clock.advance(step.at * 1_000);
        await Promise.resolve();
      }
      while (talk.calls.length > 0) talk.end(0, false);
      for (const one of talk.asked) one.answer({ result: { roots: [], of: one.id } });
      await talk.clock.advance(60_000);
      for (const [id, replies] of talk.replies) {
        expect(replies).toHaveLength(talk.withdrawn.has(id) ? 0 : 1);
        const [reply] = replies;
        if (reply && "result" in reply) expect(reply.result["of"]).toBe(id);
      }
      expect(talk.clock.waiting).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("when the conversation ends, no host is left with a question, and no timer runs on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (script) => {
      const talk = openConversation();
      const answered = new Set<Signal>();
      for (const step of script) {
        if (step.what === "begin") talk.begin();
        else if (step.what === "end") talk.end(step.at, step.flag);
        else if (step.what === "ask") talk.ask(step.at, step.flag);
        else if (step.what === "answer") {
          const one = talk.asked[step.at % Math.max(1, talk.asked.length)];
          talk.answer(step.at);
          if (one) answered.add(one.signal);
        }
        await Promise.resolve();
        await Promise.resolve();
      }
      talk.open.close();
      for (const { signal } of talk.asked) expect(signal.aborted || answered.has(signal)).toBe(true);
      expect(talk.clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
});
