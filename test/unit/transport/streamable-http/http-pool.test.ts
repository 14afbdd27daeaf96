import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { LinkedSignal } from "../../../../src/time/linked-signal.ts";
import { HttpPool } from "../../../../src/transport/streamable-http/http-pool.ts";
import { connect } from "../../../support/connecting.ts";
import { close, startScriptedHttp } from "../../../support/scripted-http.ts";

/** On a busy machine. */
const PATIENT = { timeout: 20_000, interval: 2 };

test("a unix socket is dialled instead of the url's host, which stays in the request", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-pool-"));
  const socketPath = join(directory, "s");
  const hosts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const connecting = connect({ kind: "http", url: "http://backend.test:81/mcp?a=b", headers: {}, socketPath }, { era: "legacy" });
  await expect(connecting).rejects.toMatchObject({ httpStatus: 401 });
  expect(hosts).toEqual(["backend.test:81"]);
  await close(server);
  await rm(directory, { recursive: true });
});

test("the path and the query of the url are kept as they were written", async () => {
  await using backend = await startScriptedHttp({ era: "legacy" });
  await using _connection = await connect(`${backend.url}?key=a%2Fb`, { era: "legacy" });
  expect(backend.requests.map(({ target }) => target)).toEqual(backend.requests.map(() => "/mcp?key=a%2Fb"));
  expect(backend.requests).not.toEqual([]);
});

describe("requests at the same time", () => {
  async function openPool(onRequest: (answer: () => void) => void) {
    let connections = 0;
    const server = createServer((_request, response) => {
      onRequest(() => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
    });
    server.on("connection", () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const pool = new HttpPool({ backend: "s", endpoint: { kind: "http", url, headers: {} } });
    const ask = (): Promise<unknown> =>
      new Promise((resolve) => pool.ask({ method: "GET", headers: {}, signal: new LinkedSignal() }, 100, resolve));
    return { pool, ask, count: () => connections, close: () => Promise.all([pool.destroy(), close(server)]) };
  }

  test("of a full bulkhead need no connections besides their own, although each follows at the heels of another", async () => {
    const { pool, ask, count, close: end } = await openPool((answer) => answer());
    let left = 1_000;
    const oneAfterTheOther = async (): Promise<void> => {
      for (; left > 0; left -= 1) await ask();
    };
    await Promise.all(Array.from({ length: 32 }, oneAfterTheOther));
    expect(count()).toBeLessThanOrEqual(33);
    expect(pool.traffic.connections).toBe(count());
    await end();
  });

  test("do not keep others from getting through while they wait for slow answers", async () => {
    const waiting: (() => void)[] = [];
    const { ask, count, close: end } = await openPool((answer) => waiting.push(answer));
    const answers = Array.from({ length: 48 }, ask);
    await vi.waitUntil(() => waiting.length === 48, PATIENT);
    expect(count()).toBe(48);
    for (const answer of waiting) answer();
    await Promise.all(answers);
    await end();
  });

  test("of which all connections are taken do not wait for the few that are spare", async () => {
    const waiting: (() => void)[] = [];
    const { ask, close: end } = await openPool((answer) => waiting.push(answer));
    const answers = Array.from({ length: 48 }, ask);
    await vi.waitUntil(() => waiting.length === 48, PATIENT);
    const last = ask();
    for (const answer of waiting.slice(0, 33)) answer();
    await vi.waitUntil(() => waiting.length === 49, PATIENT);
    for (const answer of waiting.slice(33)) answer();
    await Promise.all([...answers, last]);
    await end();
  });
});
