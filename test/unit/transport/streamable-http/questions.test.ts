import { describe, expect, test } from "vitest";
import { type AskHost, type Host, NO_HOST, type Question } from "../../../../src/model/host.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
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
const QUESTION = { jsonrpc: "2.0", id: "q", method: "roots/list", params: {} };
const ROOTS = { roots: [{ uri: "file:///a" }] };

/** A host that answers every question with its roots. */
function rootedHost() {
  const asked: Question[] = [];
  const ask: AskHost = async (question) => {
    asked.push(question);
    return { result: ROOTS };
  };
  const host: Host = { ...NO_HOST, capabilities: { roots: {} } };
  return { host, asked, ask };
}

/** What the backend was sent in answer to a question. */
const answersIn = (backend: ScriptedHttp): JsonObject[] =>
  backend.requests.map(({ message }) => message).filter((message) => message["id"] === "q" && !("method" in message));

/** Asks on the stream of the call, and answers the call once it has the answer to that. */
const askFirst =
  (backend: () => ScriptedHttp, before = ""): Behaviour =>
  async (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`${before}data: ${JSON.stringify(QUESTION)}\n\n`);
    while (answersIn(backend()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    response.end(`data: ${JSON.stringify(resultFor(request, OK))}\n\n`);
  };

describe("a legacy backend that asks", () => {
  test("on the stream of a call gets the answer of that call's host, in the session", async () => {
    await using backend: ScriptedHttp = await startScriptedHttp({
      era: "legacy",
      sessions: ["one"],
      on: { "tools/call": askFirst(() => backend) },
    });
    const { host, asked, ask } = rootedHost();
    await using connection = await connect(backend.url, { era: "legacy", host });
    const others: Question[] = [];
    const other: AskHost = async (question) => {
      others.push(question);
      return { result: {} };
    };
    const call = (askHost: AskHost) =>
      connection.request("tools/call", { name: "t", arguments: {} }, { signal: patient(), askHost });
    expect(await call(ask)).toEqual(OK);
    expect(answersIn(backend)).toEqual([{ jsonrpc: "2.0", id: "q", result: ROOTS }]);
    const answer = backend.requests.find(({ message }) => message["id"] === "q");
    expect(answer?.headers["mcp-session-id"]).toBe("one");
    expect(asked).toEqual([{ method: "roots/list", params: {} }]);
    expect(await call(other)).toEqual(OK);
    expect(others).toHaveLength(1);
  });

  test("on a stream that was taken up again asks the host of its call, too", async () => {
    const resumed: Behaviour = (request, response) => {
      if (request.headers["last-event-id"] === undefined) silent(request, response);
      else askFirst(() => backend)(backend.of("tools/call")[0] as Recorded, response);
    };
    await using backend: ScriptedHttp = await startScriptedHttp({
      era: "legacy",
      on: { "tools/call": sse(() => "retry: 1\nid: e1\ndata: \n\n"), GET: resumed },
    });
    const { host, asked, ask } = rootedHost();
    await using connection = await connect(backend.url, { era: "legacy", host, clock: hurriedClock });
    const options = { signal: patient(), askHost: ask };
    expect(await connection.request("tools/call", { name: "t", arguments: {} }, options)).toEqual(OK);
    expect(asked).toHaveLength(1);
  });

  test("and whose call is given up hears of that first, and then that there is no answer", async () => {
    const asks: Behaviour = sse((request) => event(() => QUESTION)(request));
    const hangs: Behaviour = (request, response) => {
      asks(request, Object.assign(response, { end: () => response }));
    };
    let hear = (): void => undefined;
    const slowly: Behaviour = (_request, response) => {
      hear = () => void response.writeHead(202).end();
    };
    await using backend = await startScriptedHttp({
      era: "legacy",
      on: { "tools/call": hangs, "notifications/cancelled": slowly, ping: json({}) },
    });
    const { host } = rootedHost();
    await using connection = await connect(backend.url, { era: "legacy", host });
    const caller = new AbortController();
    const askHost: AskHost = () => {
      caller.abort(new Error("given up"));
      return new Promise(() => undefined);
    };
    const call = connection.request("tools/call", { name: "t", arguments: {} }, { signal: caller.signal, askHost });
    await expect(call).rejects.toThrow("given up");
    await backend.arrival("notifications/cancelled");
    for (let trip = 0; trip < 3; trip += 1) await connection.probe(patient()); // an answer sent by now would have come
    expect(answersIn(backend)).toEqual([]);
    hear();
    while (answersIn(backend).length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(answersIn(backend)).toMatchObject([{ id: "q", error: { code: -32_603 } }]);
  });

  test("on the standing stream is heard: the stream is there before the first request", async () => {
    const order: string[] = [];
    const note =
      (name: string, then: Behaviour): Behaviour =>
      (request, response) => {
        order.push(name);
        then(request, response);
      };
    const asks = status(200, { "content-type": "text/event-stream" }, event(() => QUESTION)({} as Recorded));
    await using backend = await startScriptedHttp({
      era: "legacy",
      on: { GET: note("GET", asks), "tools/call": note("call", json(OK)) },
    });
    const { host, ask, asked } = rootedHost();
    await using connection = await connect(backend.url, { era: "legacy", host: { ...host, ask } });
    expect(await callTool(connection)).toEqual(OK);
    expect(order.slice(0, 2)).toEqual(["GET", "call"]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test.each<[string, Behaviour]>([
    ["never answers when asked for that stream", silent],
    ["offers no such stream", status(405)],
    ["fails when asked for that stream", status(500)],
  ])("or could, but %s, is connected to all the same", async (_what, GET) => {
    await using backend = await startScriptedHttp({ era: "legacy", on: { GET, "tools/call": json(OK) } });
    const { host } = rootedHost();
    await using connection = await connect(backend.url, { era: "legacy", host, clock: hurriedClock });
    expect(await callTool(connection)).toEqual(OK);
    expect(backend.of("GET").length).toBeGreaterThan(0);
  });
});

test("a backend whose host can be asked nothing is told so, and no stream is held open for it", async () => {
  await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": json(OK) } });
  await using connection = await connect(backend.url, { era: "legacy" });
  expect(await callTool(connection)).toEqual(OK);
  expect(backend.of("initialize")[0]?.message["params"]).toMatchObject({ capabilities: {} });
  expect(backend.of("GET")).toEqual([]);
});
