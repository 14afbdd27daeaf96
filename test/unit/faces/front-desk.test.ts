import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openFace } from "../../../src/faces/mcp/open-face.ts";
import { serveMcp } from "../../../src/faces/mcp/serve-mcp.ts";
import type { Caller } from "../../../src/gateway/caller.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { HostSide } from "../../../src/gateway/host-side.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { systemClock } from "../../../src/time/clock.ts";

/** How long to wait for an answer: the SDK has to be loaded meanwhile. */
const PATIENCE_MS = 5_000;
const turn = () => new Promise(setImmediate);

/** A gateway whose calls report progress if anybody listens, and answer with what they are given, or with a question. */
const mirror = {
  async invoke({ args, round }: { args: JsonObject; round?: JsonObject }, { onProgress, log, hostCapabilities }: Caller) {
    onProgress?.({ progress: 1, total: 2 });
    log?.tell({ level: "info", logger: "mirror", data: "called" });
    if (args["state"] !== undefined && !round?.["requestState"])
      return { resultType: "input_required", requestState: args["state"] };
    return { content: [{ type: "text", text: "hi", "x-kept": 1 }], structuredContent: args, _meta: { hostCapabilities } };
  },
} as unknown as Gateway;

interface Conversation extends AsyncDisposable {
  /** Says the messages one by one, each once the one before is answered; gives back all that was heard. */
  hold(script: readonly JsonObject[]): Promise<unknown[]>;
  readonly known: () => JsonObject;
}

function converse(deskIsOpen: boolean): Conversation {
  const input = new PassThrough();
  const output = new PassThrough();
  const host = new HostSide();
  const ended = new AbortController();
  const heard: JsonObject[] = [];
  let rest = "";
  output.on("data", (chunk) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    heard.push(...lines.map((line) => JSON.parse(line) as JsonObject));
  });
  const exit = serveMcp({
    openFace: (link) =>
      openFace({ link, host, gateway: async () => mirror, ready: () => undefined, ended: ended.signal, deskIsOpen }),
    input,
    output,
    clock: systemClock,
    drainMs: 100,
    refuseNewCalls: () => undefined,
    drain: async () => ended.abort(),
    onProblem: () => undefined,
    signals: { on: () => undefined, off: () => undefined },
  });
  const isAnswered = (id: unknown) => heard.some((message) => message["id"] === id && !("method" in message));
  return {
    async hold(script) {
      for (const message of script) {
        input.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
        const { id } = message;
        const patience = performance.now() + PATIENCE_MS;
        while (id !== undefined && !isAnswered(id) && performance.now() < patience) await turn();
        for (let turns = 0; turns < 5; turns += 1) await turn();
      }
      return heard;
    },
    known: () => ({ capabilities: host.capabilities, level: host.log?.level, isAsked: host.ask !== undefined }),
    async [Symbol.asyncDispose]() {
      input.end();
      await exit;
    },
  };
}

/** What a host hears by either way, and what is known of it afterwards. */
async function bothWays(script: readonly JsonObject[]) {
  await using desk = converse(true);
  await using sdk = converse(false);
  const [byDesk, bySdk] = await Promise.all([desk.hold(script), sdk.hold(script)]);
  return { byDesk, bySdk, knownByDesk: desk.known(), knownBySdk: sdk.known() };
}

async function expectNoDifference(script: readonly JsonObject[]): Promise<readonly unknown[]> {
  const { byDesk, bySdk, knownByDesk, knownBySdk } = await bothWays(script);
  expect(byDesk).toEqual(bySdk);
  expect(knownByDesk).toEqual(knownBySdk);
  return byDesk;
}

const PREFIX = "io.modelcontextprotocol/";
const envelope = (capabilities: unknown = {}, more: JsonObject = {}): JsonObject => ({
  [`${PREFIX}protocolVersion`]: "2026-07-28",
  [`${PREFIX}clientCapabilities`]: capabilities,
  [`${PREFIX}clientInfo`]: { name: "host", version: "1" },
  ...more,
});
const IDENTITY = { name: "host", version: "1", title: "Host" };
const initialize = (params: JsonObject = {}): JsonObject => ({
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: IDENTITY, ...params },
});
const INITIALIZED = { method: "notifications/initialized" };
const call = (args: JsonObject = {}, more: JsonObject = {}, name = "invoke"): JsonObject => ({
  method: "tools/call",
  params: { name, arguments: { tool: "mirror/it", arguments: args }, ...more },
});

const capabilities = fc.constantFrom<unknown>(
  {},
  { roots: { listChanged: true }, sampling: {}, elicitation: {} },
  { elicitation: { form: { applyDefaults: true }, url: {} }, experimental: { x: { y: 1 } }, "x-own": 1 },
  { tasks: { list: {}, requests: { elicitation: { create: {} } } }, extensions: { "a/b": {} } },
  { sampling: { unknown: {} }, roots: { unknown: 1 } },
  { elicitation: { form: { applyDefaults: "yes" } } },
  { experimental: { x: 1 } },
  { roots: [] },
  [],
  null,
);
const metas = fc.constantFrom<JsonObject>(
  {},
  { _meta: { progressToken: 7, "x-own": {} } },
  { _meta: { progressToken: "t" } },
  { _meta: { [`${PREFIX}logLevel`]: "info" } },
  { _meta: { [`${PREFIX}related-task`]: { taskId: "t" } } },
  { _meta: {} },
);
const envelopes = fc.oneof(
  capabilities.map((declared) => envelope(declared)),
  fc.constantFrom<JsonObject>(
    envelope({}, { progressToken: 9 }),
    envelope({}, { [`${PREFIX}logLevel`]: "debug" }),
    envelope({}, { [`${PREFIX}logLevel`]: "loud" }),
    envelope({}, { [`${PREFIX}clientInfo`]: { name: "no version" } }),
    envelope({}, { [`${PREFIX}protocolVersion`]: "1900-01-01" }),
    envelope({}, { [`${PREFIX}protocolVersion`]: 1 }),
    { [`${PREFIX}protocolVersion`]: "2026-07-28" },
  ),
);
const handshakes = fc.oneof(
  capabilities.map((declared) => initialize({ capabilities: declared })),
  fc
    .constantFrom<unknown>("2025-11-25", "2025-06-18", "2024-10-07", "2026-07-28", "1900-01-01", "", 5)
    .map((protocolVersion) => initialize({ protocolVersion })),
  fc
    .constantFrom<unknown>(
      { name: "x" },
      { ...IDENTITY, icons: [{ src: "data:," }] },
      { ...IDENTITY, title: 5 },
      "host",
      undefined,
    )
    .map((clientInfo) => initialize({ clientInfo })),
  metas.map((meta) => initialize(meta)),
  envelopes.map((_meta) => initialize({ _meta })),
  fc.constant<JsonObject>({ method: "initialize" }),
);
const results = fc.constantFrom<JsonObject>({}, { n: 1, deep: { list: [1, "a", null] } }, { state: "s" });
const legacy = fc.oneof(
  metas.map((params) => ({ method: "ping", params })),
  metas.map((params) => ({ method: "tools/list", params })),
  metas.map((params) => ({ method: "logging/setLevel", params: { level: "warning", ...params } })),
  fc.tuple(results, metas).map(([args, meta]) => call(args, meta)),
  fc.constantFrom<JsonObject>(
    { method: "ping" },
    { method: "ping", params: { more: 1 } },
    { method: "tools/list" },
    { method: "tools/list", params: { cursor: "c" } },
    { method: "tools/list", params: { cursor: 5 } },
    { method: "logging/setLevel", params: { level: "loud" } },
    { method: "logging/setLevel" },
    { method: "tools/call" },
    { method: "tools/call", params: { name: 5 } },
    { method: "prompts/list" },
    { method: "resources/subscribe", params: { uri: "x:y" } },
    { method: "no/such" },
    call({}, {}, "no_such_tool"),
    call({}, { "x-more": 1 }),
  ),
);
const modern = fc.oneof(
  envelopes.map((_meta) => ({ method: "server/discover", params: { _meta } })),
  envelopes.map((_meta) => ({ method: "tools/list", params: { _meta } })),
  fc.tuple(results, envelopes).map(([args, _meta]) => call(args, { _meta })),
  fc.constantFrom<JsonObject>(
    { method: "server/discover" },
    { method: "tools/list", params: { _meta: envelope(), cursor: "c" } },
    { method: "ping", params: { _meta: envelope() } },
    { method: "logging/setLevel", params: { level: "info", _meta: envelope() } },
    { method: "no/such", params: { _meta: envelope() } },
    call({}, { _meta: envelope() }, "no_such_tool"),
    call({}, { _meta: envelope(), requestState: "s" }),
  ),
);
const notifications = fc.constantFrom<JsonObject>(
  INITIALIZED,
  { method: "notifications/initialized", params: { _meta: { "x-own": 1 } } },
  { method: "notifications/roots/list_changed" },
  { method: "notifications/cancelled", params: { requestId: "none", reason: "why" } },
  { method: "notifications/cancelled", params: { requestId: "none", _meta: envelope() } },
  { method: "notifications/progress", params: { progressToken: 1, progress: 1 } },
);

const numbered = (messages: readonly JsonObject[]): JsonObject[] =>
  messages.map((message, id) => (String(message["method"]).startsWith("notifications/") ? message : { ...message, id }));

describe("the desk and the SDK answer alike", () => {
  test.each<[string, readonly JsonObject[]]>([
    ["a handshake and a list", [initialize(), INITIALIZED, { method: "tools/list" }, { method: "ping" }]],
    ["calls with progress", [initialize(), INITIALIZED, call({ n: 1 }, { _meta: { progressToken: 1 } }), call({ n: 2 })]],
    ["a log", [initialize(), INITIALIZED, { method: "logging/setLevel", params: { level: "info" } }, call({ n: 1 })]],
    [
      "a call before the handshake ends",
      [initialize({ capabilities: { roots: {} } }), call({ n: 1 }), INITIALIZED, call({ n: 2 })],
    ],
    ["a second handshake", [initialize(), INITIALIZED, initialize({ capabilities: { sampling: {} } }), INITIALIZED, call()]],
    [
      "a probe and a handshake",
      [{ method: "server/discover", params: { _meta: envelope() } }, initialize(), INITIALIZED, call()],
    ],
    ["a modern host", [{ method: "tools/list", params: { _meta: envelope() } }, call({ n: 1 }, { _meta: envelope() })]],
    ["a modern host that shakes hands", [{ method: "tools/list", params: { _meta: envelope() } }, initialize()]],
    ["a modern call and a list without an envelope", [call({}, { _meta: envelope() }), { method: "tools/list" }]],
    ["a question of a call that nobody can answer", [call({ state: "s" }, { _meta: envelope() })]],
    ["no handshake at all", [{ method: "tools/list" }, call({ n: 1 }), initialize()]],
  ])("to %s", async (_, messages) => {
    await expectNoDifference(numbered(messages));
  });

  test("whatever a host says", { timeout: 120_000 }, async () => {
    const opening = fc.oneof(fc.constant<JsonObject>(initialize()), handshakes, modern, legacy);
    const message = fc.oneof({ weight: 4, arbitrary: legacy }, { weight: 4, arbitrary: modern }, notifications, handshakes);
    const scripts = fc.tuple(opening, fc.boolean(), fc.array(message, { maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(scripts, async ([first, arrives, messages]) => {
        await expectNoDifference(numbered([first, ...(arrives ? [INITIALIZED] : []), ...messages]));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
