import { describe, expect, test } from "vitest";
import type { ProgressUpdate } from "../../../../src/model/call.ts";
import { callTool, connect, hurriedClock, patient } from "../../../support/connecting.ts";
import {
  type Behaviour,
  event,
  json,
  type Recorded,
  resultFor,
  type ScriptedHttp,
  silent,
  sse,
  startScriptedHttp,
  status,
} from "../../../support/scripted-http.ts";

const OK = { content: [] };
const WATCHFUL = { tools: { listChanged: true } };
const resumedAt = (requests: readonly Recorded[]) => requests.map(({ headers }) => headers["last-event-id"]);

const primed: Behaviour = sse(() => "retry: 1\nid: e1\ndata: \n\n");
const changed = event(() => ({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }), "id: n1\nretry: 1\n");

function progress(request: Recorded, done: number): Record<string, unknown> {
  const meta = (request.message["params"] as { _meta: { progressToken: unknown } })._meta;
  return { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: meta.progressToken, progress: done } };
}

/** The result of the call whose stream was broken off, on the stream that takes it up. */
const resultOfCall = (backend: () => ScriptedHttp): Behaviour =>
  sse(() => event(() => resultFor(backend().of("tools/call")[0] as Recorded, OK))({} as Recorded));

describe("a legacy stream that breaks off before its response", () => {
  test("is taken up after its last event", async () => {
    await using backend: ScriptedHttp = await startScriptedHttp({
      era: "legacy",
      sessions: ["one"],
      on: {
        "tools/call": primed,
        GET: [status(200, { "content-type": "text/event-stream" }, "id: e2\ndata:\n\n"), resultOfCall(() => backend)],
      },
    });
    await using connection = await connect(backend.url, { era: "legacy", clock: hurriedClock });
    expect(await callTool(connection)).toEqual(OK);
    expect(resumedAt(backend.of("GET"))).toEqual(["e1", "e2"]);
    expect(backend.of("tools/call")).toHaveLength(1);
  });

  test("also when it is torn", async () => {
    const torn: Behaviour = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("id: e1\ndata:\n\n", () => response.socket?.destroy());
    };
    await using backend: ScriptedHttp = await startScriptedHttp({
      era: "legacy",
      on: { "tools/call": torn, GET: resultOfCall(() => backend) },
    });
    await using connection = await connect(backend.url, { era: "legacy", clock: hurriedClock });
    expect(await callTool(connection)).toEqual(OK);
  });

  test("is given up after five attempts that brought nothing", async () => {
    const empty = status(200, { "content-type": "text/event-stream" });
    await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": primed, GET: empty } });
    await using connection = await connect(backend.url, { era: "legacy", clock: hurriedClock });
    await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_protocol", outcome: "unknown" });
    expect(resumedAt(backend.of("GET"))).toEqual(Array(5).fill("e1"));
  });

  test("is given up at once where the backend offers no resumption", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": primed, GET: status(405) } });
    await using connection = await connect(backend.url, { era: "legacy", clock: hurriedClock });
    await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_protocol", outcome: "unknown" });
    expect(backend.of("GET")).toHaveLength(1);
  });

  test("is not waited for by a caller who has gone", async () => {
    const far: Behaviour = sse(() => "retry: 60000\nid: e1\ndata: \n\n");
    await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": far } });
    await using connection = await connect(backend.url, { era: "legacy" });
    const controller = new AbortController();
    const call = callTool(connection, "t", controller.signal);
    await (await backend.arrival("tools/call")).gone;
    controller.abort(new Error("enough"));
    await expect(call).rejects.toMatchObject({ cause: { message: "enough" } });
  });
});

test("a modern stream that breaks off is not resumable", async () => {
  await using backend = await startScriptedHttp({ era: "modern", on: { "tools/call": primed } });
  await using connection = await connect(backend.url, { era: "modern" });
  await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_protocol", outcome: "unknown" });
  expect(backend.of("GET")).toEqual([]);
});

test.each(["legacy", "modern"] as const)("%s progress that arrives together with the result is heard before it", async (era) => {
  const done = era === "modern" ? { ...OK, resultType: "complete" } : OK;
  const behaviour = sse(
    (request) =>
      [1, 2, 3].map((step) => event((asked) => progress(asked, step))(request)).join("") +
      event((asked) => resultFor(asked, done))(request),
  );
  await using backend = await startScriptedHttp({ era, on: { "tools/call": behaviour } });
  await using connection = await connect(backend.url, { era });
  const heard: unknown[] = [];
  const onProgress = (update: ProgressUpdate) => void heard.push(update);
  const result = connection.request("tools/call", { name: "t", arguments: {} }, { signal: patient(), onProgress });
  await result.then(() => heard.push("result"));
  expect(heard).toEqual([{ progress: 1 }, { progress: 2 }, { progress: 3 }, "result"]);
});

describe("the legacy stream of notifications", () => {
  test.each([
    ["tools may change", { tools: { listChanged: true } }],
    ["resources can be subscribed to", { resources: { subscribe: true } }],
    ["it logs", { logging: {} }],
  ])("is held open when %s", async (_name, capabilities) => {
    await using backend = await startScriptedHttp({ era: "legacy", capabilities, on: { GET: silent } });
    await using _connection = await connect(backend.url, { era: "legacy" });
    expect((await backend.arrival("GET")).headers.accept).toBe("text/event-stream");
  });

  test("is not opened when nothing could come over it", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", capabilities: { tools: {} }, on: { "tools/call": json(OK) } });
    await using connection = await connect(backend.url, { era: "legacy" });
    await callTool(connection);
    expect(backend.of("GET")).toEqual([]);
  });

  test("brings notifications, and is taken up after the last one", async () => {
    await using backend = await startScriptedHttp({
      era: "legacy",
      capabilities: WATCHFUL,
      on: { GET: [sse(changed), sse(changed), silent] },
    });
    const heard: string[] = [];
    let both = (): void => {};
    const twice = new Promise<void>((resolve) => {
      both = resolve;
    });
    const onNotification = (method: string) => {
      if (heard.push(method) === 2) both();
    };
    await using _connection = await connect(backend.url, { era: "legacy", clock: hurriedClock, onNotification });
    await twice;
    expect(heard).toEqual(Array(2).fill("notifications/tools/list_changed"));
    expect(resumedAt(backend.of("GET")).slice(0, 2)).toEqual([undefined, "n1"]);
  });

  test("ends when the connection is closed", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", capabilities: WATCHFUL, on: { GET: silent } });
    const connection = await connect(backend.url, { era: "legacy" });
    const stream = await backend.arrival("GET");
    await connection[Symbol.asyncDispose]();
    await stream.gone;
    expect(backend.of("GET")).toHaveLength(1);
  });

  test("cannot answer a call", async () => {
    const forge: Behaviour = (request, response) =>
      void backend.arrival("tools/call").then(({ message }) => {
        const forged = event(() => ({ jsonrpc: "2.0", id: message["id"], result: { forged: true } }));
        return sse(forged)(request, response);
      });
    await using backend: ScriptedHttp = await startScriptedHttp({
      era: "legacy",
      capabilities: WATCHFUL,
      on: { GET: forge, "tools/call": silent },
    });
    await using connection = await connect(backend.url, { era: "legacy", clock: hurriedClock });
    const controller = new AbortController();
    const call = callTool(connection, "t", controller.signal);
    await backend.arrival("tools/call");
    await (await backend.arrival("GET")).gone;
    controller.abort(new Error("still waiting"));
    await expect(call).rejects.toMatchObject({ cause: { message: "still waiting" } });
  });
});
