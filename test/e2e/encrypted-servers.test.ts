import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { Scope } from "../../src/model/scope.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { type SdkBackend, startModernBackend } from "../support/sdk-backends.ts";

/** A key and certificates of its own, made with openssl for these tests and trusted by nothing else; the good one lasts until 2126. */
const file = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const CERTIFICATE = file("localhost.crt");
const EXPIRED = file("expired.crt");
const TRUSTING = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
const scope = new Scope();
let backend: SdkBackend;
let port = 0;
let expiredPort = 0;
let connections = 0;
let heardBytes = 0;

beforeAll(async () => {
  backend = scope.use(await startModernBackend({ legacy: "stateless" }));
  port = await encrypt(CERTIFICATE);
  expiredPort = await encrypt(EXPIRED);
});
afterAll(() => scope[Symbol.asyncDispose]());

/** Puts TLS before the server; either certificate is for "localhost" alone. */
async function encrypt(certificate: string): Promise<number> {
  const server = createServer({ key: readFileSync(file("localhost.key")), cert: readFileSync(certificate) }, (socket) => {
    connections += 1;
    socket.on("data", ({ length }) => {
      heardBytes += length;
    });
    const plain = connect(Number(new URL(backend.url).port), "127.0.0.1");
    socket.on("error", () => plain.destroy()).on("close", () => plain.destroy());
    plain.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.pipe(plain).pipe(socket);
  });
  server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1"); // of a client that does not trust us, too
  await once(server, "listening");
  scope.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function openGateway(url: string, env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({ mcpServers: { safe: { url } } }, env);
  await gateway.initialize();
  return gateway;
}

const echo = (gateway: GatewayProcess, text: string): Promise<JsonObject> =>
  gateway.callTool("invoke", { tool: "safe/echo", arguments: { text } });

test("a server with a certificate that is trusted answers whole, over connections that are kept", async () => {
  await using gateway = await openGateway(`https://localhost:${port}/mcp`, TRUSTING);
  const texts = ["short", "ü".repeat(10_000), ...Array.from({ length: 20 }, (_, nr) => `nr ${nr}`)];
  const before = connections;
  for (const text of texts) expect(await echo(gateway, text)).toMatchObject({ structuredContent: { echoed: { text } } });
  expect(connections - before).toBeLessThan(texts.length / 2);
  expect(heardBytes).toBeGreaterThan(0);
});

describe("a server whose connection cannot be encrypted is not asked, and the error says what to do", () => {
  test.each([
    {
      what: "is trusted by nobody",
      url: () => `https://localhost:${port}/mcp`,
      env: {},
      reason: "from nobody",
      next: "NODE_EXTRA_CA_CERTS",
    },
    {
      what: "has expired",
      url: () => `https://localhost:${expiredPort}/mcp`,
      env: { NODE_EXTRA_CA_CERTS: EXPIRED },
      reason: "has expired",
      next: "renew",
    },
    {
      what: "is for another name",
      url: () => `https://127.0.0.1:${port}/mcp`,
      env: TRUSTING,
      reason: "another host name",
      next: "host name",
    },
    {
      what: "is not there at all",
      url: () => backend.url.replace("http:", "https:"),
      env: {},
      reason: "does not speak TLS",
      next: '"http://"',
    },
  ])("since its certificate $what", async ({ url, env, reason, next }) => {
    await using gateway = await openGateway(url(), env);
    const before = heardBytes;
    const { structuredContent, isError } = await echo(gateway, "secret");
    expect(isError).toBe(true);
    expect(heardBytes).toBe(before);
    expect(structuredContent).toMatchObject({
      error: {
        code: "start_failed",
        message: expect.stringContaining(reason),
        server: "safe",
        outcome: "not_executed",
        hint: expect.stringContaining(next),
      },
    });
  });
});
