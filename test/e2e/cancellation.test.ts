import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Era } from "../../src/model/ports.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { type Behaviour, json, type ScriptedHttp, startScriptedHttp } from "../support/scripted-http.ts";
import { errorOf, textOf } from "../support/tool-answers.ts";

const ECHO = fileURLToPath(new URL("../fixtures/backends/echo-stdio.mjs", import.meta.url));
const ERAS: readonly Era[] = ["legacy", "modern"];
const META = "io.modelcontextprotocol";
/** What a host of the modern era says with every request. */
const ENVELOPE = {
  [`${META}/protocolVersion`]: "2026-07-28",
  [`${META}/clientCapabilities`]: {},
  [`${META}/clientInfo`]: { name: "raw-line-client", version: "1.0.0" },
};
const LISTED = { tools: ["work", "hang"].map((name) => ({ name, inputSchema: { type: "object" } })) };

const http = new Map<Era, ScriptedHttp>();
const gateways = new Map<Era, GatewayProcess>();

beforeAll(async () => {
  for (const era of ERAS) {
    const works = json({ content: [{ type: "text", text: "worked" }], ...(era === "modern" && { resultType: "complete" }) });
    const lists = json({ ...LISTED, ...(era === "modern" && { resultType: "complete", ttlMs: 0, cacheScope: "private" }) });
    http.set(era, await startScriptedHttp({ era, on: { "tools/list": lists, "tools/call": onlyHangs(works) } }));
  }
  for (const hostEra of ERAS) gateways.set(hostEra, await startGateway(hostEra));
});
afterAll(async () => {
  for (const one of [...gateways.values(), ...http.values()]) await one[Symbol.asyncDispose]();
});

/** Never answers a call to "hang"; all others are answered as given. */
const onlyHangs =
  (otherwise: Behaviour): Behaviour =>
  (request, response) => {
    const { params } = request.message;
    if (isJsonObject(params) && params["name"] !== "hang") otherwise(request, response);
  };

async function startGateway(hostEra: Era): Promise<GatewayProcess> {
  const child = { command: process.execPath, args: [ECHO] };
  const gateway = await GatewayProcess.start({
    mcpServers: {
      "stdio-legacy": { ...child, env: { ERAS: "legacy" }, protocolEra: "legacy" },
      "stdio-modern": child,
      ...Object.fromEntries([...http].map(([era, { url }]) => [`http-${era}`, { url }])),
    },
  });
  if (hostEra === "legacy") await gateway.initialize();
  return gateway;
}

/** The host's side of one era. */
function hostOf(era: Era) {
  const gateway = gateways.get(era);
  if (!gateway) throw new Error(`No gateway for ${era} hosts`);
  const ask = (name: string, args: JsonObject, id?: string, meta: JsonObject = {}) => {
    const _meta = { ...(era === "modern" && ENVELOPE), ...meta };
    return gateway.request("tools/call", { name, arguments: args, _meta }, id);
  };
  const call = async (tool: string, args: JsonObject = {}, meta?: JsonObject): Promise<JsonObject> =>
    resultOf(await ask("invoke", { tool, arguments: args }, undefined, meta));
  const cancel = (requestId: string): void => gateway.notify("notifications/cancelled", { requestId, reason: "changed my mind" });
  return { gateway, ask, call, cancel };
}

describe.each(ERAS)("a host of the %s era that cancels a call", (hostEra) => {
  test.each(ERAS)("to a child of the %s era: the child hears it, nobody is answered, the next call works", async (era) => {
    const { gateway, ask, call, cancel } = hostOf(hostEra);
    const server = `stdio-${era}`;
    const before = textOf(await call(`${server}/cancellations`));
    const id = `cancel-${server}`;
    const answered = vi.fn();
    void ask("invoke", { tool: `${server}/hang` }, id).then(answered, () => undefined);
    await inFlight(ask, server);
    cancel(id);
    await vi.waitUntil(async () => textOf(await call(`${server}/cancellations`)) !== before, { timeout: 10_000 });
    expect(textOf(await call(`${server}/echo`, { text: "still here" }))).toBe("still here");
    expect(answered).not.toHaveBeenCalled();
    expect(gateway.notifications.filter((message) => message["id"] === id)).toEqual([]);
  });

  test.each(ERAS)(
    "to an HTTP server of the %s era: the server hears it, nobody is answered, the next call works",
    async (era) => {
      const { ask, call, cancel } = hostOf(hostEra);
      const backend = http.get(era);
      if (!backend) throw new Error("Not started");
      const id = `cancel-http-${era}`;
      const answered = vi.fn();
      const seen = backend.of("tools/call").length;
      void ask("invoke", { tool: `http-${era}/hang` }, id).then(answered, () => undefined);
      await vi.waitUntil(() => backend.of("tools/call").length > seen, { timeout: 10_000 });
      const sent = backend.of("tools/call")[seen];
      cancel(id);
      await sent?.gone;
      if (era === "legacy") {
        const told = () => backend.of("notifications/cancelled").map(({ message }) => message["params"]);
        await vi.waitUntil(() =>
          told()
            .filter(isJsonObject)
            .some(({ requestId }) => requestId === sent?.message["id"]),
        );
      }
      expect(textOf(await call(`http-${era}/work`))).toBe("worked");
      expect(answered).not.toHaveBeenCalled();
    },
  );
});

describe.each(ERAS)("a host of the %s era", (hostEra) => {
  test("that gives timeoutMs is answered by then, and the child is told to stop", async () => {
    const { ask, call } = hostOf(hostEra);
    const before = textOf(await call("stdio-legacy/cancellations"));
    const answer = resultOf(await ask("invoke", { tool: "stdio-legacy/hang", timeoutMs: 300 }));
    expect(errorOf(answer)).toMatchObject({ code: "deadline_exceeded", server: "stdio-legacy", outcome: "unknown" });
    expect(textOf(answer)).toContain("within 300 ms");
    await vi.waitUntil(async () => textOf(await call("stdio-legacy/cancellations")) !== before, { timeout: 10_000 });
  });

  test.each(ERAS)("hears every step of a child of the %s era in order and before the result", async (era) => {
    const { gateway, call } = hostOf(hostEra);
    const progressToken = `steps-${hostEra}-${era}`;
    expect(textOf(await call(`stdio-${era}/progress`, { steps: 20 }, { progressToken }))).toBe("done");
    const heard = gateway.notifications
      .map(({ params }) => params)
      .filter((params) => isJsonObject(params) && params["progressToken"] === progressToken);
    const steps = heard.filter((params) => isJsonObject(params) && params["total"] === 20);
    expect(steps.map((params) => isJsonObject(params) && params["progress"])).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
  });

  test("that did not ask for progress hears none", async () => {
    const { gateway, call } = hostOf(hostEra);
    const before = gateway.notifications.length;
    await call("stdio-legacy/progress", { steps: 3 });
    expect(gateway.notifications).toHaveLength(before);
  });
});

/** Resolves when the server has a call in flight. */
async function inFlight(ask: ReturnType<typeof hostOf>["ask"], server: string): Promise<void> {
  await vi.waitUntil(
    async () => {
      const { structuredContent } = resultOf(await ask("status", { server }));
      return isJsonObject(structuredContent) && Number(structuredContent["inFlight"]) > 0;
    },
    { interval: 5, timeout: 10_000 },
  );
}
