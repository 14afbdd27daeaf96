import { describe, expect, test, vi } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { pushing } from "../support/asking-servers.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { errorOf, objectOf, textOf } from "../support/tool-answers.ts";

const META = "io.modelcontextprotocol";
const ABLE = { elicitation: { form: {} }, sampling: {}, roots: {} };
const SERVERS = ["stdio", "http"] as const;
const REGISTRY = { mcpServers: { stdio: pushing(false), http: pushing(true) } };
const ADA = { action: "accept", content: { name: "Ada" } };

const start = (): Promise<GatewayProcess> => GatewayProcess.start(REGISTRY);
const called = (tool: string, more: JsonObject = {}): JsonObject => ({ name: "invoke", arguments: { tool, ...more } });

/** One request of a host of revision 2026-07-28; the whole answer. */
function send(gateway: GatewayProcess, params: JsonObject, id?: string): Promise<JsonObject> {
  const _meta = {
    [`${META}/protocolVersion`]: "2026-07-28",
    [`${META}/clientCapabilities`]: ABLE,
    [`${META}/clientInfo`]: { name: "raw-line-client", version: "1.0.0" },
  };
  return gateway.request("tools/call", { ...params, _meta }, id);
}

const ask = async (gateway: GatewayProcess, params: JsonObject): Promise<JsonObject> => resultOf(await send(gateway, params));

/** The same call again, with these answers to everything it asked. */
function reply(gateway: GatewayProcess, params: JsonObject, asked: JsonObject, answer: JsonObject = ADA): Promise<JsonObject> {
  const inputResponses = Object.fromEntries(Object.keys(objectOf(asked["inputRequests"])).map((key) => [key, answer]));
  return ask(gateway, { ...params, inputResponses, requestState: asked["requestState"] });
}

const journal = async (gateway: GatewayProcess, server: string): Promise<unknown> =>
  JSON.parse(textOf(await ask(gateway, called(`${server}/journal`))));

/** How many calls the gateway counts as in flight at this server. */
async function inFlight(gateway: GatewayProcess, server: string): Promise<unknown> {
  const { structuredContent } = await ask(gateway, { name: "status", arguments: { server } });
  return objectOf(structuredContent)["inFlight"];
}

describe.each(SERVERS)("a call of a modern host that a legacy server over %s asks something", (server) => {
  test("keeps its place while the host asks, and goes on with the answer", async () => {
    await using gateway = await start();
    const call = called(`${server}/form`);
    const asked = await ask(gateway, call);
    expect(asked).toMatchObject({
      resultType: "input_required",
      inputRequests: { q1: { method: "elicitation/create", params: { message: "Who?" } } },
      requestState: expect.stringMatching(/^sallyport:[\w-]{12}:[\w-]{32}$/),
    });
    expect(await inFlight(gateway, server)).toBe(1);
    expect(JSON.parse(textOf(await reply(gateway, call, asked)))).toEqual(ADA);
    expect(await inFlight(gateway, server)).toBe(0);
  });

  test("that asks two things at once is asked for both, before it goes on", async () => {
    await using gateway = await start();
    const call = called(`${server}/both`);
    const methods = new Map<string, unknown>();
    let asked = await ask(gateway, call);
    while (methods.size < 2) {
      for (const [key, one] of Object.entries(objectOf(asked["inputRequests"]))) methods.set(key, objectOf(one)["method"]);
      if (methods.size < 2) asked = await ask(gateway, { ...call, inputResponses: {}, requestState: asked["requestState"] });
    }
    expect([...methods.values()]).toEqual(["elicitation/create", "sampling/createMessage"]);
  });

  test("asks again for what was not answered, under a new state", async () => {
    await using gateway = await start();
    const call = called(`${server}/form`);
    const asked = await ask(gateway, call);
    const again = await ask(gateway, { ...call, inputResponses: {}, requestState: asked["requestState"] });
    expect(again["inputRequests"]).toEqual(asked["inputRequests"]);
    expect(again["requestState"]).not.toBe(asked["requestState"]);
    expect(JSON.parse(textOf(await reply(gateway, call, again)))).toEqual(ADA);
  });

  test("goes on once, with its own tool and arguments only: all else is refused and nothing is run again", async () => {
    await using gateway = await start();
    const call = called(`${server}/form`);
    const asked = await ask(gateway, call);
    const other = await reply(gateway, called(`${server}/form`, { arguments: { message: "Why?" } }), asked);
    expect(errorOf(other)).toMatchObject({ code: "not_found", outcome: "not_executed" });
    expect(JSON.parse(textOf(await reply(gateway, call, asked)))).toEqual(ADA);
    expect(errorOf(await reply(gateway, call, asked))).toMatchObject({ code: "not_found" });
    const foreign = { ...asked, requestState: "sallyport:AAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
    expect(errorOf(await reply(gateway, call, foreign))).toMatchObject({ code: "not_found", outcome: "not_executed" });
  });

  test("ends at its deadline if the host never answers: the server hears it, and an answer that comes too late is told why", async () => {
    await using gateway = await start();
    await journal(gateway, server);
    const call = called(`${server}/form`, { timeoutMs: 3_000 });
    const asked = await ask(gateway, call);
    await vi.waitUntil(async () => JSON.stringify(await journal(gateway, server)).includes('"cancelled":"form"'), {
      timeout: 10_000,
    });
    expect(await inFlight(gateway, server)).toBe(0);
    expect(errorOf(await reply(gateway, call, asked))).toMatchObject({ code: "deadline_exceeded", server });
    const { structuredContent } = await ask(gateway, { name: "status", arguments: { server } });
    expect(structuredContent).toMatchObject({ guard: { breaker: "closed" } });
  });

  test("is told of a server that died meanwhile", async () => {
    await using gateway = await start();
    const call = called(`${server}/form`);
    const asked = await ask(gateway, call);
    await ask(gateway, called(`${server}/die`));
    expect(errorOf(await reply(gateway, call, asked))).toMatchObject({ code: "unavailable", server });
    expect(textOf(await ask(gateway, called(`${server}/nod`)))).toBe("false");
  });

  test("can be cancelled once it goes on", async () => {
    await using gateway = await start();
    const call = called(`${server}/form_then_hang`);
    const asked = await ask(gateway, call);
    const inputResponses = { q1: ADA };
    const answered = vi.fn();
    void send(gateway, { ...call, inputResponses, requestState: asked["requestState"] }, "second").then(
      answered,
      () => undefined,
    );
    const told = async (what: string) => JSON.stringify(await journal(gateway, server)).includes(what);
    await vi.waitUntil(() => told('"answered":"form_then_hang"'), { timeout: 10_000 });
    gateway.notify("notifications/cancelled", { requestId: "second" });
    await vi.waitUntil(() => told('"cancelled":"form_then_hang"'), { timeout: 10_000 });
    expect(answered).not.toHaveBeenCalled();
    expect(await inFlight(gateway, server)).toBe(0);
  });

  test("does not keep the gateway from leaving with its host", async () => {
    await using gateway = await start();
    await ask(gateway, called(`${server}/form`));
    expect(await gateway.end()).toEqual({ code: 0, signal: null });
  });

  test("gets its own answer, however many ask at the same time", async () => {
    await using gateway = await start();
    const one = async (name: string): Promise<void> => {
      const call = called(`${server}/form`, { arguments: { message: name } });
      let result = await ask(gateway, call);
      while (result["resultType"] === "input_required") {
        const questions = Object.entries(objectOf(result["inputRequests"]));
        const answers = questions.map(([key, question]) => [key, { action: "accept", content: { name: messageOf(question) } }]);
        const round = { inputResponses: Object.fromEntries(answers), requestState: result["requestState"] };
        result = await ask(gateway, { ...call, ...round });
      }
      expect(JSON.parse(textOf(result))).toMatchObject({ content: { name } });
    };
    await Promise.all(Array.from({ length: 40 }, (_, at) => one(`call ${at}`)));
  });
});

const messageOf = (question: unknown): unknown => objectOf(objectOf(question)["params"])["message"];

test.each(SERVERS)("a prompt of a legacy server over %s may ask too", async (server) => {
  await using gateway = await start();
  const params = { name: "prompts", arguments: { action: "get", server, name: "any" } };
  const asked = await ask(gateway, params);
  expect(asked).toMatchObject({ resultType: "input_required" });
  expect(textOf(await reply(gateway, params, asked))).toContain(JSON.stringify(ADA));
});

test("a batch asks too: what its calls need comes as one answer", async () => {
  await using gateway = await start();
  const calls = [{ tool: "stdio/form" }, { tool: "http/form" }, { tool: "http/nod" }];
  const params = { name: "invoke_many", arguments: { calls } };
  let result = await ask(gateway, params);
  while (result["resultType"] === "input_required") result = await reply(gateway, params, result);
  expect(textOf(result).match(/"name":"Ada"/g)).toHaveLength(2);
});

describe.each(SERVERS)("a call of a legacy host that a legacy server over %s asks something", (server) => {
  async function open(capabilities: JsonObject = ABLE): Promise<GatewayProcess> {
    const gateway = await start();
    const clientInfo = { name: "raw-line-client", version: "1.0.0" };
    await gateway.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
    gateway.notify("notifications/initialized");
    return gateway;
  }
  const sent = (gateway: GatewayProcess, method: string): JsonObject[] =>
    gateway.notifications.filter((message) => message["method"] === method);
  const question = async (gateway: GatewayProcess): Promise<unknown> =>
    (await vi.waitUntil(() => sent(gateway, "elicitation/create")[0], { timeout: 10_000 }))["id"];
  const takenBack = (gateway: GatewayProcess, id: unknown): Promise<unknown> =>
    vi.waitUntil(
      () => sent(gateway, "notifications/cancelled").some(({ params }) => isJsonObject(params) && params["requestId"] === id),
      { timeout: 10_000 },
    );
  const hears = (gateway: GatewayProcess, what: string): Promise<unknown> =>
    vi.waitUntil(async () => textOf(await gateway.callTool("invoke", { tool: `${server}/journal` })).includes(what), {
      timeout: 10_000,
    });

  test("of which the host says that it has other roots hears so, and asks for them", async () => {
    await using gateway = await open({ roots: { listChanged: true } });
    await gateway.callTool("invoke", { tool: `${server}/journal` });
    gateway.notify("notifications/roots/list_changed");
    const asked = await vi.waitUntil(() => sent(gateway, "roots/list")[0], { timeout: 10_000 });
    gateway.write(`${JSON.stringify({ jsonrpc: "2.0", id: asked["id"], result: { roots: [{ uri: "file:///new" }] } })}\n`);
    await hears(gateway, '"roots":{"roots":[{"uri":"file:///new"}]}');
  });

  test("goes on with the error the host answers", async () => {
    await using gateway = await open();
    const answer = gateway.callTool("invoke", { tool: `${server}/form` });
    const error = { code: -1, message: "The person has left" };
    gateway.write(`${JSON.stringify({ jsonrpc: "2.0", id: await question(gateway), error })}\n`);
    expect(textOf(await answer)).toBe('{"refused":-1}');
  });

  test("takes its question back when the host cancels it, and the server hears of that", async () => {
    await using gateway = await open();
    void gateway.request("tools/call", called(`${server}/form`), "cancelled-call").catch(() => undefined);
    const id = await question(gateway);
    gateway.notify("notifications/cancelled", { requestId: "cancelled-call" });
    await takenBack(gateway, id);
    await hears(gateway, '"cancelled":"form"');
  });

  test("takes its question back at its deadline", async () => {
    await using gateway = await open();
    await gateway.callTool("invoke", { tool: `${server}/journal` }); // it runs: the deadline is the question's
    const answer = gateway.callTool("invoke", { tool: `${server}/form`, timeoutMs: 3_000 });
    const id = await question(gateway);
    expect(errorOf(await answer)).toMatchObject({ code: "deadline_exceeded" });
    await takenBack(gateway, id);
    await hears(gateway, '"cancelled":"form"');
  });

  test("takes its question back when the server dies, and says so", async () => {
    await using gateway = await open();
    const answer = gateway.callTool("invoke", { tool: `${server}/form` });
    const id = await question(gateway);
    await gateway.callTool("invoke", { tool: `${server}/die` });
    expect(errorOf(await answer)).toMatchObject({ code: "unavailable", server });
    await takenBack(gateway, id);
  });

  test("does not keep the gateway from leaving with its host, and ends with an error", async () => {
    await using gateway = await open();
    const answer = gateway.callTool("invoke", { tool: `${server}/form` });
    await question(gateway);
    gateway.child.stdin.end();
    expect(textOf(await answer)).toBe('{"refused":-32603}');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  test("may send the person to an address, and say when that is done", async () => {
    await using gateway = await open({ elicitation: { url: {} } });
    const answer = gateway.callTool("invoke", { tool: `${server}/url` });
    const id = await question(gateway);
    expect(sent(gateway, "elicitation/create")[0]?.["params"]).toMatchObject({ mode: "url", elicitationId: "e1" });
    gateway.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: { action: "accept" } })}\n`);
    expect(textOf(await answer)).toBe('{"action":"accept"}');
    await vi.waitUntil(() => sent(gateway, "notifications/elicitation/complete").length > 0, { timeout: 10_000 });
    expect(sent(gateway, "notifications/elicitation/complete")[0]?.["params"]).toEqual({ elicitationId: "e1" });
  });

  test("asks only in the modes the host knows", async () => {
    await using gateway = await open();
    expect(textOf(await gateway.callTool("invoke", { tool: `${server}/url` }))).toBe('{"refused":-32602}');
    expect(textOf(await gateway.callTool("invoke", { tool: `${server}/nod` }))).toBe("false");
    expect(sent(gateway, "elicitation/create")).toEqual([]);
  });
});
