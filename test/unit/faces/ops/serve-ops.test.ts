import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, lstat } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { askAboutServer, askGateways } from "../../../../src/faces/ops/ask-gateways.ts";
import { openOps } from "../../../../src/faces/ops/open-ops.ts";
import { serveOps } from "../../../../src/faces/ops/serve-ops.ts";
import type { MetricsSettings } from "../../../../src/model/watching.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../../support/open-house.ts";
import { tempDir } from "../../state/temp-dir.ts";

/** A gateway that shows its figures, and where. */
async function open(settings: Partial<MetricsSettings>) {
  const house = openHouse([entry("notes")], { runtimeDir: await tempDir() });
  offer(house.backend("notes"), [tool("read")]);
  const ops = await serveOps(house.gateway, { socket: false, port: undefined, ...settings });
  onTestFinished(async () => {
    await ops[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });
  return { house, ops, places: house.gateway.ops.places };
}

async function openPort() {
  const { house, places } = await open({ port: 0 });
  const port = Number(new URL(places[0]?.address ?? "").port);
  return { house, port };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function ask(to: { readonly port: number } | { readonly socketPath: string }, over: object = {}): Promise<Answer> {
  const asked = httpRequest({ host: "127.0.0.1", path: "/metrics", ...to, ...over }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const socketOf = ({ places }: { readonly places: House["gateway"]["ops"]["places"] }): string => places[0]?.address ?? "";

describe("the port", () => {
  test("is one of 127.0.0.1 and shows the figures as Prometheus reads them", async () => {
    const { house, port } = await openPort();
    await house.gateway.invoke({ tool: "notes/read", args: {} }, caller());
    const { status, headers, body } = await ask({ port });
    expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(body).toContain('sallyport_backend_state{sallyport_backend="notes",state="running"} 1\n');
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  test.each(["127.0.0.1:PORT", "localhost:PORT", "127.0.0.1", "localhost"])("answers the Host %s", async (host) => {
    const { port } = await openPort();
    expect(await ask({ port }, { headers: { host: host.replace("PORT", String(port)) } })).toMatchObject({ status: 200 });
  });

  test.each([
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1.evil.example",
    "localhost:1",
    "localhost.evil.example:PORT",
    "192.168.0.1:PORT",
  ])("refuses the Host %j, as a page with a rebound name sends it", async (host) => {
    const { port } = await openPort();
    const { status, body } = await ask({ port }, { headers: { host: host.replace("PORT", String(port)) } });
    expect(status).toBe(403);
    expect(body).not.toContain("sallyport_");
  });

  test.each<[string, string, number]>([
    ["no Host", "GET /metrics HTTP/1.0\r\n\r\n", 403],
    ["an empty Host", "GET /metrics HTTP/1.1\r\nHost:\r\n\r\n", 403],
    ["two Hosts", "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n", 403],
    ["a Host hidden in its target", "GET http://localhost/metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403],
  ])("refuses a request with %s", async (_what, bytes, status) => {
    const { port } = await openPort();
    expect(await text(connect(port, "127.0.0.1").end(bytes))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])("refuses the method %s", async (method) => {
    const { port } = await openPort();
    expect(await ask({ port }, { method })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  test("answers HEAD without the figures", async () => {
    const { port } = await openPort();
    expect(await ask({ port }, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test.each(["/", "/metrics/", "//metrics", "http://127.0.0.1/metrics", "/status", "/status?server=notes"])(
    "has nothing at %s",
    async (path) => {
      const { port } = await openPort();
      expect(await ask({ port }, { path })).toMatchObject({ status: 404 });
    },
  );

  test("that is taken is told in status and in the log, and the gateway serves all the same", async () => {
    const { port } = await openPort();
    const { house, places } = await open({ port });
    expect(places).toMatchObject([
      { kind: "port", address: `127.0.0.1:${port}`, problem: expect.stringContaining("EADDRINUSE") },
    ]);
    expect((await house.gateway.status()).metrics).toEqual(places);
    expect(house.log).toMatchObject([{ level: "warn", message: "metrics not shown" }]);
  });
});

describe("the socket", () => {
  test("is open to its owner only", async () => {
    const open_ = await open({ socket: true });
    expect((await lstat(socketOf(open_))).mode & 0o777).toBe(0o600);
    expect(await ask({ socketPath: socketOf(open_) })).toMatchObject({ status: 200 });
  });

  test("may have a path of its own, and replaces what a dead process left there", async () => {
    const path = join(await tempDir(), "a.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
    await chmod(path, 0o777);
    await open({ socket: path });
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
    expect(await ask({ socketPath: path })).toMatchObject({ status: 200 });
  });

  test("of another gateway is left to it", async () => {
    const first = await open({ socket: join(await tempDir(), "a.sock") });
    const { places } = await open({ socket: socketOf(first) });
    expect(places).toMatchObject([{ kind: "socket", problem: expect.stringContaining("another process listens on it") }]);
    expect(await ask({ socketPath: socketOf(first) })).toMatchObject({ status: 200 });
  });

  test("with a path that is too long is told, not served elsewhere", async () => {
    const { places } = await open({ socket: join(await tempDir(), `${"x".repeat(200)}.sock`) });
    expect(places).toMatchObject([{ problem: expect.stringContaining("its path has") }]);
  });

  test.runIf(process.platform === "linux")("that cannot be kept from other users is not served", async () => {
    const path = `\0sallyport-test-${process.pid}`; // an address that is no file has no mode
    await using house = openHouse([entry("notes")]);
    vi.spyOn(house.gateway.ops, "claimSocket").mockResolvedValue(path);
    await using _ops = await serveOps(house.gateway, { socket: true, port: undefined });
    expect(house.gateway.ops.places).toMatchObject([{ kind: "socket", problem: expect.any(String) }]);
    await expect(ask({ socketPath: path })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("is gone with the gateway, open connections included", async () => {
    const opened = await open({ socket: true });
    const socket = connect(socketOf(opened));
    await once(socket, "connect");
    await opened.ops[Symbol.asyncDispose]();
    socket.resume();
    await once(socket, "close");
    expect(existsSync(socketOf(opened))).toBe(false);
  });

  test("tells whoever asks how the gateway is, and how one of its servers is", async () => {
    const opened = await open({ socket: true });
    await opened.house.gateway.invoke({ tool: "notes/read", args: {} }, caller());
    const sockets = [...(await opened.house.gateway.ops.knownSockets()), "/nowhere.sock"];
    const overview = { servers: [{ server: "notes", figures: { calls: 1 } }] };
    expect(await askGateways(sockets)).toMatchObject([{ socket: socketOf(opened), status: overview }]);
    expect(await askAboutServer(sockets, "notes")).toMatchObject([{ status: { server: "notes", byTool: [{ tool: "read" }] } }]);
    expect(await askAboutServer(sockets, "nobody")).toEqual([]);
  });
});

test("a server that shows figures keeps no process alive", async () => {
  const modules = ["test/support/open-house.ts", "src/faces/ops/serve-ops.ts"].map(
    (path) => new URL(`../../../../${path}`, import.meta.url).href,
  );
  const script = `
    const [{ entry, openHouse }, { serveOps }] = await Promise.all(${JSON.stringify(modules)}.map((url) => import(url)));
    const { gateway } = openHouse([entry("notes")]);
    await serveOps(gateway, { socket: false, port: 0 });
    console.log(gateway.ops.places[0].address);`;
  const out = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { timeout: 20_000 });
  expect(String(out)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics\n$/);
});

describe("what is shown", () => {
  const UNSAID = { metricsSocket: undefined, metricsPort: undefined };
  const openedBy = async (registry: Partial<MetricsSettings>, said: object): Promise<readonly string[]> => {
    const house = openHouse([entry("notes")], { runtimeDir: await tempDir() });
    const snapshot = snapshotOf(entry("notes"));
    house.apply({ ...snapshot, settings: { ...snapshot.settings, metrics: { ...snapshot.settings.metrics, ...registry } } });
    const ops = await openOps(house.gateway, { ...UNSAID, ...said });
    await ops?.[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    return house.gateway.ops.places.map(({ kind }) => kind);
  };

  test.each<[string, Partial<MetricsSettings>, object, readonly string[]]>([
    ["nothing by itself", {}, {}, []],
    ["what the registry says", { socket: true, port: 0 }, {}, ["socket", "port"]],
    ["what the command line says", {}, { metricsPort: 0 }, ["port"]],
    ["both together", { port: 0 }, { metricsSocket: true }, ["socket", "port"]],
  ])("is %s", async (_what, registry, said, expected) => {
    expect(await openedBy(registry, said)).toEqual(expected);
  });
});
