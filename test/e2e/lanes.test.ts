import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";

const MIRROR = fileURLToPath(new URL("../fixtures/backends/mirror.mjs", import.meta.url));
const entry = (env: Record<string, string> = {}): JsonObject => ({ command: process.execPath, args: [MIRROR], env });
const http = (env: Record<string, string> = {}): JsonObject => ({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the registry expands it
  ...entry({ ...env, PORT: "${PORT}" }),
  transport: "http",
  path: "/",
});
const SERVERS: Readonly<Record<string, JsonObject>> = {
  "stdio-legacy": entry({ ERA: "legacy" }),
  "stdio-modern": entry(),
  "http-legacy": http({ ERA: "legacy" }),
  "http-modern": http(),
  "http-events": http({ SSE: "1" }),
};

const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.constantFrom("\n", '"', "\\", "\u2028", "__proto__"));
const block = fc.record({ type: fc.constant("text"), text }, { noNullPrototype: true });
const names = fc.constantFrom("structuredContent", "_meta", "x-unknown", "isError");
const member = (name: string): fc.Arbitrary<unknown> =>
  name === "isError" ? fc.boolean() : fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const members = fc
  .uniqueArray(names, { maxLength: 3 })
  .chain((chosen) => fc.tuple(...chosen.map((name) => member(name).map((value) => [name, value] as const))))
  .map((entries) => Object.fromEntries(entries));
const results = fc
  .tuple(fc.array(block, { maxLength: 3 }), members)
  .map(([content, more]) => JSON.parse(JSON.stringify({ content, ...more })) as JsonObject);

describe("a result on its way through the gateway", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await GatewayProcess.start({ mcpServers: SERVERS });
    await gateway.initialize();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  /** A member of the params that the fast lane does not know sends the call the SDK's way. */
  const call = async (server: string, result: JsonObject, lane: JsonObject) => {
    const args = { tool: `${server}/mirror`, arguments: { result } };
    return resultOf(await gateway.request("tools/call", { name: "invoke", arguments: args, ...lane }));
  };

  test.each(Object.keys(SERVERS))("comes out as it went in, by either lane, from %s", async (server) => {
    await fc.assert(
      fc.asyncProperty(results, async (result) => {
        const [fast, slow] = await Promise.all([call(server, result, {}), call(server, result, { "x-slow": true })]);
        expect(fast).toEqual(result);
        expect(slow).toEqual(result);
      }),
      { numRuns: 60 },
    );
  });

  /** Values that `JSON.parse` and `JSON.stringify` would change or trip over. */
  const EDGES = [
    '{"id":12345678901234567890}',
    '{"ids":[-9007199254740993,{"deep":[1e400]}]}',
    '{"tenth":0.1000000000000000055511151231257827}',
    '{"__proto__":{"polluted":true},"constructor":1}',
    '{"lone":"\\ud800 and \\udfff"}',
    `{"deep":${"[".repeat(90)}${"]".repeat(90)}}`,
  ];

  describe.each(Object.keys(SERVERS))("values at the edge, from and to %s", (server) => {
    test.each(EDGES)("%s comes through either lane as it was written", async (value) => {
      for (const lane of [{}, { "x-slow": true }]) {
        await call(server, {}, lane);
        const raw = `{"resultType":"complete","content":[],"structuredContent":${value}}`;
        const args = { tool: `${server}/mirror`, arguments: { raw } };
        await gateway.request("tools/call", { name: "invoke", arguments: args, ...lane });
        expect(gateway.lastLine).toContain(`"structuredContent":${value}`);
        const answer = gateway.answerTo("heard");
        const params = JSON.stringify({
          name: "invoke",
          arguments: { tool: args.tool, arguments: { heard: true, value: 0 } },
          ...lane,
        });
        const line = JSON.stringify({ jsonrpc: "2.0", id: "heard", method: "tools/call", params: "?" });
        gateway.write(`${line.replace('"?"', () => params.replace('"value":0', () => `"value":${value}`))}\n`);
        const { content } = resultOf(await answer) as { content: readonly { text: string }[] };
        expect(content[0]?.text).toContain(`"value":${value}`);
      }
    });

    test("plain arguments arrive in the very bytes in which they were written", async () => {
      const given = '{ "heard" : true,"text":"\\u00e9\\/\\ud800 é" , "n":1.10E2,"big":12345678901234567890,"0":[ ] }';
      for (const [id, tool] of [901, 902].map((id) => [id, `${server}/mirror`] as const)) {
        const answer = gateway.answerTo(id);
        const params = `{"name":"invoke","arguments":{"tool":"${tool}","arguments":${given}}}`;
        gateway.write(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}\n`);
        const { content } = resultOf(await answer) as { content: readonly { text: string }[] };
        expect(content[0]?.text).toContain(`"name":"mirror","arguments":${given},`);
      }
    });

    test("a plain result goes on in the very bytes in which it came", async () => {
      const rest =
        ' "content":[{"type":"text","text":"\\u00e9\\/\\ud800 é"} , {"type":"image","data":"aGk=","mimeType":"i/p"}],"isError":true,"n":1.10E2}';
      const args = { tool: `${server}/mirror`, arguments: { raw: `{"resultType":"complete",${rest}` } };
      await gateway.request("tools/call", { name: "invoke", arguments: args });
      expect(gateway.lastLine).toContain(`"result":{${rest}}`);
    });

    test("a key twice in one object of a result fails the call, and says what was found", async () => {
      const args = { tool: `${server}/mirror`, arguments: { raw: '{"content":[],"structuredContent":{"a":1,"a":2}}' } };
      await gateway.request("tools/call", { name: "invoke", arguments: args });
      expect(gateway.lastLine).toContain("upstream_protocol");
      expect(gateway.lastLine).toMatch(/key \\"a\\" stands twice/i);
    });
  });
});
