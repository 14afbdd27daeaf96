import { describe, expect, test } from "vitest";
import { ResultCache } from "../../../../src/cache/result-cache.ts";
import { cache } from "../../../../src/gateway/filters/cache.ts";
import type { CallContext, ToolCall, ToolResult } from "../../../../src/model/call.ts";
import { GatewayError } from "../../../../src/model/errors.ts";
import { gate } from "../../../support/fake-backend.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { type Answering, callOf, contextOf, DONE, OneServer, through } from "./one-call.ts";

const TRUSTED = { trustAnnotations: true, cacheTtlMs: 1_000, callTimeoutMs: 5_000 };
const failing =
  (error: GatewayError): Answering =>
  () =>
    Promise.reject(error);

/** The filter before a server whose tool the registry trusts; each of its answers is another. */
function open(spec: ConstructorParameters<typeof OneServer>[0] = TRUSTED) {
  const clock = new ManualClock();
  const results = new ResultCache(clock);
  const server = new OneServer(spec);
  const filter = cache({ results, router: server.router, clock });
  let asked = 0;
  const answer: Answering = async () => {
    asked += 1;
    return { answer: asked };
  };
  const send = (next: Answering = answer, over: Partial<CallContext> = {}, call: Partial<ToolCall> = {}) =>
    through(filter, next, callOf(call), contextOf(over));
  const lateAnswer =
    (ms: number): Answering =>
    async (call, context) => {
      await new Promise<void>((resolve) => void clock.after(ms, resolve));
      return await answer(call, context);
    };
  return { clock, results, server, send, answer, lateAnswer };
}

describe("a call of a trusted tool", () => {
  test("is answered again within its lifetime, and it is counted what that saved", async () => {
    const { clock, results, send, lateAnswer } = open();
    await clock.advance(3_600_000);
    const first = send(lateAnswer(200));
    await clock.advance(200);
    expect(await first).toEqual({ answer: 1 });
    expect(await send()).toEqual({ answer: 1 });
    expect(results.figures("git")).toMatchObject({ hits: 1, misses: 1, shared: 0, stale: 0, savedMs: 200, entries: 1 });
  });

  test("is noted as a miss, a hit or a passenger", async () => {
    const { clock, results, send, lateAnswer } = open();
    const [leader, passenger, later] = [contextOf(), contextOf(), contextOf()];
    const both = [send(lateAnswer(200), leader), send(lateAnswer(200), passenger)];
    await settle();
    await clock.advance(200);
    expect(await Promise.all(both)).toEqual([{ answer: 1 }, { answer: 1 }]);
    await send(undefined, later);
    expect([leader, passenger, later].map(({ notes }) => notes.cache)).toEqual(["miss", "shared", "hit"]);
    expect(results.figures("git")).toMatchObject({ hits: 1, misses: 1, shared: 1 });
  });

  test.each([
    { what: "whose answers are not to be kept", spec: { ...TRUSTED, cacheTtlMs: 0 } },
    { what: "that is continued", call: { round: { requestState: "s" } } },
    { what: "with a key", call: { idempotencyKey: "k" } },
  ])("is sent each time where it is one $what", async ({ spec, call }) => {
    const { results, send } = open(spec);
    expect([await send(undefined, {}, call), await send(undefined, {}, call)]).toEqual([{ answer: 1 }, { answer: 2 }]);
    expect(results.figures("git")).toBeUndefined();
  });

  test("tells its progress until its caller has left", async () => {
    const { send, answer } = open();
    const told: number[] = [];
    const [first, leaver] = [new AbortController(), gate<void>()];
    const asked = send(
      async (call, context) => {
        context.onProgress?.({ progress: 1 });
        await leaver.promise;
        context.onProgress?.({ progress: 2 });
        return await answer(call, context);
      },
      { signal: first.signal, onProgress: ({ progress }) => told.push(progress) },
    );
    const other = send();
    await settle();
    first.abort(new GatewayError("cancelled", "Call cancelled"));
    leaver.open();
    expect(await asked).toMatchObject({ code: "cancelled" });
    expect(await other).toEqual({ answer: 1 });
    expect(told).toEqual([1]);
  });

  test("asks for no progress that nobody wants", async () => {
    const { send, answer } = open();
    await send(async (call, context) => {
      expect(context.onProgress).toBeUndefined();
      return await answer(call, context);
    });
  });
});

describe("what changes while a call is under way", () => {
  async function changing(change: (server: OneServer) => void) {
    const house = open();
    await house.send(undefined, {}, { args: { other: true } });
    const told = house.send(async (call, context) => {
      change(house.server);
      return await house.answer(call, context);
    });
    expect(await told).toEqual({ answer: 2 });
    return house;
  }

  test.each<{ what: string; change: (server: OneServer) => void }>([
    { what: "a tool that has become another", change: (server) => Object.assign(server, { digest: "digest-2" }) },
    { what: "a tool that is trusted no more", change: (server) => Object.assign(server, { definition: {} }) },
    { what: "a tool that has gone", change: (server) => Object.assign(server, { definition: undefined }) },
  ])("of $what nothing is kept, nor what its server said before", async ({ change }) => {
    const { results } = await changing(change);
    expect(results.figures("git")).toMatchObject({ misses: 2, entries: 0 });
  });

  test("of a server that has left the registry nothing is kept, and nothing begun for it", async () => {
    const { results } = await changing((server) => Object.assign(server, { runner: undefined }));
    expect(results.figures("git")).toMatchObject({ misses: 2, entries: 1 });
  });
});

describe("a call of any other tool", () => {
  const write = (server: OneServer) => Object.assign(server, { definition: {} });
  const read = (server: OneServer) => Object.assign(server, { definition: { annotations: { readOnlyHint: true } } });
  const lost = new GatewayError("unavailable", "Lost");
  const unsent = new GatewayError("unavailable", "Hung up", { outcome: "not_executed" });

  test.each<{ what: string; next: Answering | undefined; unsureMs: number }>([
    { what: "that is answered", next: undefined, unsureMs: 0 },
    { what: "that never ran", next: failing(unsent), unsureMs: 0 },
    { what: "of which nobody knows", next: failing(lost), unsureMs: 5_000 },
  ])("$what ends what was kept, and is waited for $unsureMs ms", async ({ next, unsureMs }) => {
    const { clock, server, send } = open();
    await send();
    write(server);
    await send(next);
    read(server);
    const after = (await send()) as { readonly answer: number };
    expect(after.answer).toBeGreaterThan(1);
    expect(await send()).toEqual({ answer: unsureMs === 0 ? after.answer : after.answer + 1 });
    await clock.advance(unsureMs);
    const sure = await send();
    expect(await send()).toEqual(sure);
  });

  test("its answer and its failure are given as they come", async () => {
    const { server, send } = open();
    write(server);
    expect(await send(async () => DONE)).toBe(DONE);
    expect(await send(failing(lost))).toBe(lost);
  });

  test("whose server has just left the registry is waited for no longer", async () => {
    const { server, send } = open({ ...TRUSTED, trustAnnotations: false });
    server.runner = undefined;
    expect(await send(failing(lost))).toBe(lost);
  });
});

describe("a server that does not answer", () => {
  const circuit = new GatewayError("circuit_open", "It has stopped answering");

  test.each<{ what: string; result: ToolResult; content: unknown[]; meta: object }>([
    { what: "content", result: { content: [{ type: "text", text: "old" }] }, content: [{ type: "text", text: "old" }], meta: {} },
    { what: "no content", result: { content: "none", _meta: { a: 1 } }, content: [], meta: { a: 1 } },
  ])("is stood in for by its old answer with $what, which says how old it is", async ({ result, content, meta }) => {
    const { clock, results, send } = open();
    const first = send(async () => {
      await new Promise<void>((resolve) => void clock.after(30, resolve));
      return result;
    });
    await clock.advance(30);
    await first;
    await clock.advance(2_000.4);
    const context = contextOf();
    expect(await send(failing(circuit), context)).toEqual({
      ...result,
      content: [
        ...content,
        { type: "text", text: 'Kept from 2 s ago, since "git" has stopped answering: it may be out of date' },
      ],
      _meta: { ...meta, "io.sallyport/cache": { stale: true, ageMs: 2_000 } },
    });
    expect(context.notes.cache).toBe("stale");
    expect(results.figures("git")).toMatchObject({ stale: 1, savedMs: 30 });
  });

  test("is not stood in for when there is no old answer, or when it fails otherwise", async () => {
    const { clock, send } = open();
    expect(await send(failing(circuit))).toBe(circuit);
    await send();
    await clock.advance(2_000);
    const other = new GatewayError("unavailable", "Lost");
    expect(await send(failing(other))).toBe(other);
  });
});
