import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import {
  type Behaviour,
  dripping,
  event,
  flooding,
  gzipped,
  json,
  raw,
  resultFor,
  rpcError,
  type ScriptedHttp,
  sse,
  startScriptedHttp,
  status,
} from "../support/scripted-http.ts";
import { errorOf, textOf } from "../support/tool-answers.ts";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const good: JsonObject = { content: [{ type: "text", text: "fine" }] };

interface Hostility {
  readonly call: Behaviour;
  /** What the caller is told. */
  readonly error: JsonObject;
  readonly callTimeoutMs?: number;
}

const protocolFailure = { code: "upstream_protocol", outcome: "unknown" };
const overLimit = { code: "answer_over_limit", outcome: "unknown" };
const HOSTILE: Readonly<Record<string, Hostility>> = {
  "redirects elsewhere": {
    call: status(307, { location: "http://127.0.0.1:9/" }),
    error: { code: expect.any(String), message: expect.stringContaining("307") },
  },
  "answers compressed": {
    call: gzipped(good),
    error: { ...protocolFailure, message: expect.stringMatching(/gzip|compress|encod/i) },
  },
  "drips for ever": { call: dripping, callTimeoutMs: 800, error: { code: "deadline_exceeded", outcome: "unknown" } },
  "never stops": { call: flooding(200_000_000), error: overLimit },
  "answers garbage": { call: raw("hello, this is not HTTP\r\n\r\n"), error: { outcome: "unknown" } },
  "answers JSON cut short": { call: raw(`${HEAD}content-length: 500\r\n\r\n{"jsonrpc":"2.0",`), error: { outcome: "unknown" } },
  "ends without a length in the middle": {
    call: raw(`${HEAD}connection: close\r\n\r\n{"jsonrpc":"2.0","id"`),
    error: protocolFailure,
  },
  "answers somebody else": { call: rpcError(200, -32_000, "No", 99_999), error: protocolFailure },
  "streams no answer": {
    call: sse(event(() => ({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "hi" } }))),
    error: protocolFailure,
  },
  "answers a page": { call: status(200, { "content-type": "text/html" }, "<html>Sign in</html>"), error: protocolFailure },
  "wants a key": { call: status(401), error: { code: "upstream_rejected" } },
  "wants a pause longer than a call may take": {
    call: status(429, { "retry-after": "50" }),
    callTimeoutMs: 300,
    error: { retryable: true, retryAfterMs: 50_000 },
  },
  "fails inside": { call: status(500, {}, "stack trace"), error: { outcome: "unknown" } },
  "is nested without end": {
    call: (request, response) =>
      void response
        .writeHead(200, { "content-type": "application/json" })
        .end(
          `{"jsonrpc":"2.0","id":${JSON.stringify(request.message["id"])},"result":{"content":[],"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
        ),
    error: overLimit,
  },
};
const NAMES = Object.keys(HOSTILE);

let gateway: GatewayProcess;
const backends = new Map<string, ScriptedHttp>();

beforeAll(async () => {
  const tools = [{ name: "call", inputSchema: { type: "object" } }];
  const start = (call: Behaviour) =>
    startScriptedHttp({ era: "legacy", on: { "tools/list": json({ tools }), "tools/call": call } });
  for (const name of NAMES) backends.set(name, await start(HOSTILE[name]?.call ?? json(good)));
  backends.set("well-behaved", await start(json(good)));
  const entry = (name: string) => {
    const callTimeoutMs = HOSTILE[name]?.callTimeoutMs;
    return { url: backends.get(name)?.url, ...(callTimeoutMs !== undefined && { callTimeoutMs }) };
  };
  gateway = await GatewayProcess.start({
    mcpServers: Object.fromEntries([...backends.keys()].map((name) => [idOf(name), entry(name)])),
  });
  await gateway.initialize();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  for (const backend of backends.values()) await backend[Symbol.asyncDispose]();
});

const idOf = (name: string): string => name.replaceAll(" ", "-");
const call = (name: string): Promise<JsonObject> => gateway.callTool("invoke", { tool: `${idOf(name)}/call` });

test.each(NAMES)("a server that %s: the caller is told by name what happened and what to do", async (name) => {
  const [answer, beside] = await Promise.all([call(name), call("well-behaved")]);
  expect(errorOf(answer)).toMatchObject({ server: idOf(name), ...HOSTILE[name]?.error });
  expect(textOf(answer)).toContain(idOf(name));
  expect(textOf(beside)).toBe("fine");
});

test("nobody was sent the arguments again, and the gateway is as lean as before", () => {
  for (const [name, backend] of backends) {
    if (name !== "well-behaved") expect(backend.of("tools/call").length, name).toBe(1);
  }
  expect(gateway.rssBytes()).toBeLessThan(250 * 2 ** 20);
});

test("a server that was hostile once and is good now is called again", async () => {
  await using mended = await startScriptedHttp({
    era: "legacy",
    on: {
      "tools/list": json({ tools: [{ name: "call", inputSchema: { type: "object" } }] }),
      "tools/call": [
        raw("nonsense\r\n\r\n"),
        (request, response) => sse(event(() => resultFor(request, good)))(request, response),
      ],
    },
  });
  await using other = await GatewayProcess.start({ mcpServers: { moody: { url: mended.url } } });
  await other.initialize();
  errorOf(await other.callTool("invoke", { tool: "moody/call" }));
  expect(textOf(await other.callTool("invoke", { tool: "moody/call" }))).toBe("fine");
});
