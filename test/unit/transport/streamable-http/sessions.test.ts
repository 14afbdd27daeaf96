import { describe, expect, test } from "vitest";
import { callTool, connect, hurriedClock } from "../../../support/connecting.ts";
import {
  type Behaviour,
  json,
  type Recorded,
  resultFor,
  rpcError,
  type ScriptedHttp,
  silent,
  startScriptedHttp,
  status,
} from "../../../support/scripted-http.ts";

const OK = { content: [] };
const sessionOf = ({ headers }: Recorded) => headers["mcp-session-id"];

/** Answers calls in the given session only, and refuses all others as a backend does that has forgotten theirs. */
const onlyIn =
  (session: string, refusal: Behaviour): Behaviour =>
  (request, response) =>
    sessionOf(request) === session ? json(OK)(request, response) : refusal(request, response);

const forgetful = (refusal: Behaviour, sessions = ["one", "two"]): Promise<ScriptedHttp> =>
  startScriptedHttp({ era: "legacy", sessions, on: { "tools/call": onlyIn("two", refusal) } });

const connectTo = (backend: ScriptedHttp) => connect(backend.url, { era: "legacy" });

/** The same with limits of milliseconds, for backends that do not answer; a busy machine may miss them with others. */
const connectInAHurry = (backend: ScriptedHttp) => connect(backend.url, { era: "legacy", clock: hurriedClock });

test("the session id and the negotiated revision go along with every request after initialize", async () => {
  await using backend = await startScriptedHttp({ era: "legacy", sessions: ["one"], on: { "tools/call": json(OK) } });
  {
    await using connection = await connectTo(backend);
    await callTool(connection);
  }
  const [initialize, ...rest] = backend.requests;
  expect(initialize && [sessionOf(initialize), initialize.headers["mcp-protocol-version"]]).toEqual([undefined, undefined]);
  expect(rest.map((request) => [sessionOf(request), request.headers["mcp-protocol-version"]])).toEqual(
    rest.map(() => ["one", "2025-06-18"]),
  );
  expect(backend.of("DELETE")).toHaveLength(1);
});

describe("a lost session is begun anew and the call sent once more", () => {
  test.each<[string, Behaviour]>([
    ["404 without a body", status(404)],
    ["404 with an error of nobody", rpcError(404, -32_001, "Session not found", null)],
    ["404 with an error that carries our id", rpcError(404, -32_001, "Session not found")],
    ["400 that speaks of the session", rpcError(400, -32_000, "Bad Request: No valid session ID provided")],
  ])("after %s", async (_name, refusal) => {
    await using backend = await forgetful(refusal);
    await using connection = await connectTo(backend);
    expect(await callTool(connection)).toEqual(OK);
    expect(backend.of("tools/call").map(sessionOf)).toEqual(["one", "two"]);
    expect(backend.of("initialize").map(sessionOf)).toEqual([undefined, undefined]);
    expect(backend.of("notifications/initialized").map(sessionOf)).toEqual(["one", "two"]);
  });

  test("by one handshake for any number of calls", async () => {
    await using backend = await forgetful(status(404));
    await using connection = await connectTo(backend);
    const answers = await Promise.all(Array.from({ length: 20 }, () => callTool(connection)));
    expect(answers).toEqual(answers.map(() => OK));
    expect(backend.of("initialize")).toHaveLength(2);
  });

  test("and the gateway hears that the tools may have changed", async () => {
    await using backend = await forgetful(status(404));
    const heard: string[] = [];
    const onNotification = (method: string) => void heard.push(method);
    await using connection = await connect(backend.url, { era: "legacy", onNotification });
    await callTool(connection);
    expect(heard).toEqual(["notifications/tools/list_changed"]);
  });

  test("once only: a session that is lost again fails the call, which was not executed", async () => {
    await using backend = await forgetful(status(404), ["one", "three", "four"]);
    await using connection = await connectTo(backend);
    await expect(callTool(connection)).rejects.toMatchObject({
      code: "upstream_rejected",
      httpStatus: 404,
      outcome: "not_executed",
    });
    expect(backend.of("tools/call").map(sessionOf)).toEqual(["one", "three"]);
  });

  test.each<[string, Behaviour, object]>([
    ["is refused", status(401), { code: "upstream_rejected", httpStatus: 401 }],
    ["fails", status(500), { code: "unavailable", httpStatus: 500 }],
    ["is answered with an error", rpcError(200, -32_603, "no"), { code: "upstream_rejected", rpc: { code: -32_603 } }],
    ["never ends", silent, { code: "deadline_exceeded" }],
  ])("unless the new handshake %s: the call was not executed all the same", async (_name, second, failure) => {
    const first: Behaviour = (request, response) => {
      const result = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s", version: "1" } };
      json(result, { "mcp-session-id": "one" })(request, response);
    };
    await using backend = await startScriptedHttp({
      era: "legacy",
      on: { initialize: [first, second], "tools/call": status(404) },
    });
    await using connection = await (second === silent ? connectInAHurry : connectTo)(backend);
    await expect(callTool(connection)).rejects.toMatchObject({ ...failure, outcome: "not_executed" });
  });

  test("but an unknown method is no lost session", async () => {
    await using backend = await forgetful(rpcError(404, -32_601, "Method not found"));
    await using connection = await connectTo(backend);
    await expect(callTool(connection)).rejects.toMatchObject({ rpc: { code: -32_601 } });
    expect(backend.of("initialize")).toHaveLength(1);
  });

  test("and a 404 where there never was a session is a wrong path", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": status(404) } });
    await using connection = await connectTo(backend);
    await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_rejected", httpStatus: 404 });
    expect(backend.of("initialize")).toHaveLength(1);
  });
});

test("calls in flight in another session than the lost one go on undisturbed", async () => {
  const held: (() => void)[] = [];
  const hold: Behaviour = (request, response) => {
    held.push(() => json(OK)(request, response));
  };
  await using backend = await startScriptedHttp({
    era: "legacy",
    sessions: ["one", "two"],
    on: { "tools/call": [hold, onlyIn("two", status(404))] },
  });
  await using connection = await connectTo(backend);
  const slow = callTool(connection, "slow");
  await backend.arrival("tools/call");
  expect(await callTool(connection, "quick")).toEqual(OK);
  for (const release of held) release();
  expect(await slow).toEqual(OK);
});

describe("closing", () => {
  test("does not wait for a backend that ignores the farewell", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", sessions: ["one"], on: { DELETE: silent } });
    const connection = await connectInAHurry(backend);
    await connection[Symbol.asyncDispose]();
    await connection.closed;
  });

  test("ends calls in flight with an unknown outcome, refuses later ones, and may be done twice", async () => {
    await using backend = await startScriptedHttp({ era: "legacy", sessions: ["one"], on: { "tools/call": silent } });
    const connection = await connectTo(backend);
    const call = callTool(connection).catch((error: unknown) => error);
    const arrived = await backend.arrival("tools/call");
    await connection[Symbol.asyncDispose]();
    await connection[Symbol.asyncDispose]();
    expect(await call).toMatchObject({ code: "unavailable", outcome: "unknown" });
    await arrived.gone;
    await expect(callTool(connection)).rejects.toMatchObject({ code: "unavailable", outcome: "not_executed" });
  });
});

test("a request the backend sends is answered: nobody here can serve it", async () => {
  const asking: Behaviour = (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const ask = { jsonrpc: "2.0", id: "q1", method: "elicitation/create", params: { message: "?", requestedSchema: {} } };
    response.write(`data: ${JSON.stringify(ask)}\n\n`);
    finish = () => response.end(`data: ${JSON.stringify(resultFor(request, OK))}\n\n`);
  };
  let finish = (): void => {};
  await using backend = await startScriptedHttp({
    era: "legacy",
    sessions: ["one"],
    on: { "tools/call": asking, response: status(202) },
  });
  await using connection = await connectTo(backend);
  const call = callTool(connection);
  const reply = await backend.arrival("response");
  expect(reply.message).toMatchObject({ id: "q1", error: { code: -32_601 } });
  finish();
  expect(await call).toEqual(OK);
});
