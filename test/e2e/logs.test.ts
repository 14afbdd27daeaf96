import { describe, expect, test, vi } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Era } from "../../src/model/ports.ts";
import { ASKING_SERVERS } from "../support/asking-servers.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { textOf } from "../support/tool-answers.ts";

const META = "io.modelcontextprotocol";
const LEVELS = ["debug", "info", "warning", "error"];

/** A host of one era that asked for lines of this level and above, or for none. */
async function openHost(era: Era, level: string | undefined) {
  const gateway = await GatewayProcess.start({ mcpServers: ASKING_SERVERS });
  let written = "";
  gateway.child.stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  if (era === "legacy") {
    await gateway.initialize();
    if (level !== undefined) await gateway.request("logging/setLevel", { level });
  }
  const envelope = era === "modern" && {
    [`${META}/protocolVersion`]: "2026-07-28",
    [`${META}/clientCapabilities`]: {},
    [`${META}/clientInfo`]: { name: "raw-line-client", version: "1.0.0" },
    ...(level !== undefined && { [`${META}/logLevel`]: level }),
  };
  const call = async (tool: string, args: JsonObject = {}, meta: JsonObject = {}, id?: string): Promise<JsonObject> =>
    resultOf(
      await gateway.request(
        "tools/call",
        { name: "invoke", arguments: { tool, arguments: args }, _meta: { ...envelope, ...meta } },
        id,
      ),
    );
  const lines = (): unknown[] =>
    gateway.notifications.filter(({ method }) => method === "notifications/message").map(({ params }) => params);
  return { gateway, call, lines, written: () => written };
}

describe.each<Era>(["legacy", "modern"])("a host of the %s era", (era) => {
  test.each(Object.keys(ASKING_SERVERS))(
    "that asked for log lines hears those of %s, under its name and before the result",
    async (server) => {
      const { gateway, call, lines, written } = await openHost(era, "warning");
      await using _ = gateway;
      await call(`${server}/log`, { levels: LEVELS }, {}, "the call");
      expect(lines()).toMatchObject([
        { level: "warning", logger: `${server}/door`, data: { said: "warning" } },
        { level: "error", logger: `${server}/door`, data: { said: "error" } },
      ]);
      expect(written().lastIndexOf('"notifications/message"')).toBeLessThan(written().indexOf('"the call"'));
    },
  );

  test("that did not ask hears none", async () => {
    const { gateway, call, lines } = await openHost(era, undefined);
    await using _ = gateway;
    for (const server of Object.keys(ASKING_SERVERS))
      expect(textOf(await call(`${server}/log`, { levels: LEVELS }))).toBe('"logged"');
    expect(lines()).toEqual([]);
  });

  test.each(Object.keys(ASKING_SERVERS))(
    "hears progress and log of %s as they come, while the server still waits",
    async (server) => {
      const { gateway, call, lines } = await openHost(era, "error");
      await using _ = gateway;
      const result = call(`${server}/wait`, {}, { progressToken: "p1" });
      const isStep = ({ params }: JsonObject): boolean => isJsonObject(params) && params["progress"] === 1;
      await vi.waitUntil(() => gateway.notifications.some(isStep) && lines().length > 0, { timeout: 10_000 });
      expect(lines()).toMatchObject([{ level: "error", logger: server, data: "waiting" }]);
      expect(textOf(await call(`${server}/nod`))).toBe("true");
      expect(textOf(await result)).toBe('"nodded"');
    },
  );
});

test("a host may ask for less or more later, and is heeded", async () => {
  const { gateway, call, lines } = await openHost("legacy", "error");
  await using _ = gateway;
  const heard = async (level: string): Promise<unknown[]> => {
    const before = lines().length;
    await gateway.request("logging/setLevel", { level });
    for (const server of ["legacy-http", "legacy-stdio", "modern-http"]) await call(`${server}/log`, { levels: LEVELS });
    return lines().slice(before);
  };
  expect(await heard("error")).toHaveLength(3);
  expect(await heard("debug")).toHaveLength(12);
  expect(await heard("emergency")).toHaveLength(0);
});

test("a modern host hears of each call what it asked for with that call", async () => {
  const { gateway, call, lines } = await openHost("modern", undefined);
  await using _ = gateway;
  for (const server of Object.keys(ASKING_SERVERS)) {
    const before = lines().length;
    await call(`${server}/log`, { levels: LEVELS }, { [`${META}/logLevel`]: "error" });
    expect(lines().length - before).toBe(1);
    await call(`${server}/log`, { levels: LEVELS });
    expect(lines().length - before).toBe(1);
    await call(`${server}/log`, { levels: LEVELS }, { [`${META}/logLevel`]: "debug" });
    expect(lines().length - before).toBe(5);
  }
});
