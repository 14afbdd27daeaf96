import { expect, test, vi } from "vitest";
import type { StartCall } from "../../../src/faces/mcp/held-call.ts";
import type { HostRequest } from "../../../src/faces/mcp/held-calls.ts";
import { HeldCalls } from "../../../src/faces/mcp/held-calls.ts";
import type { HostAnswer } from "../../../src/model/host.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const QUESTION = { method: "roots/list", params: {} };
const never = (): Signal => new AbortController().signal;
const request = (over: Partial<HostRequest> = {}): HostRequest => ({
  name: "invoke",
  args: { tool: "s/t" },
  requestState: undefined,
  inputResponses: undefined,
  round: { signal: never() },
  ...over,
});
const state = (asked: JsonObject): string => String(asked["requestState"]);
/** Asks once and comes to the answer. */
const asksOnce: StartCall = async ({ askHost }) => ({ ...(await askHost(QUESTION, never())) });
/** Ends as a call of the gateway does whose signal aborts. */
const endsWith = (signal: Signal): Promise<JsonObject> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve({ ended: (signal.reason as Error).message })));

test("a call that asks nothing is answered at once", async () => {
  using held = new HeldCalls(new ManualClock());
  expect(await held.run(request(), async () => ({ done: true }))).toEqual({ done: true });
  expect(held.size).toBe(0);
});

test("the answers reach the call without what only the other era writes into them", async () => {
  using held = new HeldCalls(new ManualClock());
  const asked = await held.run(request(), asksOnce);
  expect(asked).toMatchObject({ resultType: "input_required", inputRequests: { q1: QUESTION } });
  const inputResponses = { q1: { resultType: "complete", roots: [], "x-unknown": 1 }, q7: {} };
  const again = request({ requestState: state(asked), inputResponses });
  expect(await held.run(again, asksOnce)).toEqual({ result: { roots: [], "x-unknown": 1 } });
  expect(held.size).toBe(0);
});

test("progress and log lines go to the request under way, and to nobody between two", async () => {
  using held = new HeldCalls(new ManualClock());
  const told: string[] = [];
  const ears = (name: string) => ({
    signal: never(),
    onProgress: ({ message }: { message?: string | undefined }) => told.push(`${name} ${message}`),
    log: { level: "info" as const, tell: ({ data }: JsonObject) => told.push(`${name} ${String(data)}`) },
  });
  let speak = (_what: string): void => undefined;
  const call: StartCall = async ({ askHost, onProgress, log }) => {
    speak = (what) => {
      onProgress?.({ progress: 1, message: what });
      log?.tell({ data: what });
    };
    speak("before");
    await askHost(QUESTION, never());
    speak("after");
    return {};
  };
  const asked = await held.run(request({ round: ears("first") }), call);
  speak("between");
  await held.run(request({ round: ears("second"), requestState: state(asked), inputResponses: { q1: {} } }), call);
  expect(told).toEqual(["first before", "first before", "second after", "second after"]);
});

test("a question that is taken back is not asked, and the call goes on", async () => {
  using held = new HeldCalls(new ManualClock());
  const question = new AbortController();
  const answers: HostAnswer[] = [];
  const call: StartCall = async ({ askHost }) => {
    const first = askHost(QUESTION, question.signal);
    question.abort();
    answers.push(await first);
    return { done: true };
  };
  expect(await held.run(request(), call)).toEqual({ done: true });
  expect(answers).toMatchObject([{ error: { code: -32_603 } }]);
});

test("a question of a call that has its result already is asked once, and the result comes with the next request", async () => {
  using held = new HeldCalls(new ManualClock());
  const settled = vi.fn();
  const call: StartCall = async ({ askHost }) => {
    void askHost(QUESTION, never()).then(settled);
    return { done: true };
  };
  const asked = await held.run(request(), call);
  expect(asked).toMatchObject({ resultType: "input_required" });
  expect(settled).not.toHaveBeenCalled();
  expect(await held.run(request({ requestState: state(asked), inputResponses: {} }), call)).toEqual({ done: true });
  expect(settled).toHaveBeenCalledWith({ error: expect.objectContaining({ code: -32_603 }) });
});

test("a call whose host does not come back for ten minutes is ended and forgotten", async () => {
  const clock = new ManualClock();
  using held = new HeldCalls(clock);
  const ended = vi.fn();
  const asked = await held.run(request(), async ({ askHost, signal }) => {
    void endsWith(signal).then(ended);
    return { ...(await askHost(QUESTION, never())) };
  });
  await clock.advance(599_999);
  expect(held.size).toBe(1);
  await clock.advance(1);
  expect(held.size).toBe(0);
  expect(ended).toHaveBeenCalledWith({ ended: expect.stringContaining("did not answer in time") });
  const late = await held.run(request({ requestState: state(asked) }), asksOnce);
  expect(late).toMatchObject({ isError: true, structuredContent: { error: { code: "not_found" } } });
});

test("no more than 128 calls wait: one more is ended, unless one of them has its result", async () => {
  using held = new HeldCalls(new ManualClock());
  const waits: StartCall = ({ askHost, signal }) => Promise.race([endsWith(signal), askHost(QUESTION, never()).then(() => ({}))]);
  let finish = (): void => undefined;
  const first: StartCall = ({ askHost }) => {
    void askHost(QUESTION, never());
    return new Promise((resolve) => {
      finish = () => resolve({});
    });
  };
  await held.run(request(), first);
  for (let count = 1; count < 128; count += 1) await held.run(request(), waits);
  expect(await held.run(request(), waits)).toEqual({ ended: expect.stringContaining("128 calls wait") });
  expect(held.size).toBe(128);
  finish();
  await Promise.resolve();
  expect(await held.run(request(), waits)).toMatchObject({ resultType: "input_required" });
  expect(held.size).toBe(128);
});

test("every call that waits ends with the host, and what it asked is refused", async () => {
  const held = new HeldCalls(new ManualClock());
  const ended = vi.fn();
  let refused: HostAnswer | undefined;
  await held.run(request(), async ({ askHost, signal }) => {
    void endsWith(signal).then(ended);
    refused = await askHost(QUESTION, never());
    return {};
  });
  held[Symbol.dispose]();
  await vi.waitUntil(() => refused !== undefined && ended.mock.calls.length > 0);
  expect(refused).toMatchObject({ error: { code: -32_603 } });
  expect(held.size).toBe(0);
});

test("a request that is cancelled ends its call, also while it gathers what to ask", async () => {
  using held = new HeldCalls(new ManualClock());
  const host = new AbortController();
  const result = held.run(request({ round: { signal: host.signal } }), ({ signal }) => endsWith(signal));
  host.abort(new Error("gone"));
  expect(await result).toEqual({ ended: "gone" });
});

test("states of another gateway of this kind are not taken for our own", async () => {
  using ours = new HeldCalls(new ManualClock());
  using theirs = new HeldCalls(new ManualClock());
  const asked = await theirs.run(request(), asksOnce);
  const passedOn = vi.fn<StartCall>(async () => ({ passed: "on" }));
  expect(await ours.run(request({ requestState: state(asked) }), passedOn)).toEqual({ passed: "on" });
});
