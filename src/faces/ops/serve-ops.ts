import { chmodSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gateway } from "../../gateway/gateway.ts";
import { GatewayError } from "../../model/errors.ts";
import type { MetricsSettings } from "../../model/watching.ts";
import { answerOps, type OpsAnswer } from "./answer-ops.ts";

const LOOPBACK = "127.0.0.1";
const MOST_CONNECTIONS = 16;
const SLOWEST_REQUEST_MS = 5_000;
const OWNER_ONLY = 0o600;

/**
 * Shows a gateway's figures on a Unix socket, on a port of this machine, or on both, until it is disposed. It never keeps the
 * process alive; where it cannot listen, `status` and the log say why, and the gateway serves all the same.
 */
export async function serveOps(gateway: Gateway, { socket, port }: MetricsSettings): Promise<AsyncDisposable> {
  const servers: Server[] = [];
  const open = async (kind: "socket" | "port", wanted: string, listen: () => Promise<[Server, string]>): Promise<void> => {
    try {
      const [server, address] = await listen();
      servers.push(server);
      gateway.ops.tellPlace({ kind, address });
    } catch (reason) {
      gateway.ops.tellPlace({ kind, address: wanted, problem: GatewayError.from(reason).message });
    }
  };
  if (socket !== false) await open("socket", String(socket), () => onSocket(gateway, socket));
  if (port !== undefined) await open("port", `${LOOPBACK}:${port}`, () => onPort(gateway, port));
  return { [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map(close))) };
}

async function onSocket(gateway: Gateway, wanted: string | true): Promise<[Server, string]> {
  const path = await gateway.ops.claimSocket(wanted);
  const server = newServer(gateway, () => undefined);
  await listening(server, () => server.listen(path));
  try {
    chmodSync(path, OWNER_ONLY); // a umask for the bind would reach files that others open meanwhile
  } catch (reason) {
    await close(server); // what cannot be kept from others is not shown
    throw reason;
  }
  return [server, path];
}

async function onPort(gateway: Gateway, port: number): Promise<[Server, string]> {
  const server = newServer(gateway, () => (server.address() as AddressInfo).port);
  await listening(server, () => server.listen(port, LOOPBACK));
  return [server, `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/metrics`];
}

function newServer(gateway: Gateway, port: () => number | undefined): Server {
  const limits = {
    requestTimeout: SLOWEST_REQUEST_MS,
    headersTimeout: SLOWEST_REQUEST_MS,
    connectionsCheckingInterval: SLOWEST_REQUEST_MS, // else silent ones would keep everybody out for 30 s
    maxHeaderSize: 8_192,
  };
  const server = createServer(limits, ({ method, url, headers }, response) => {
    answerOps(gateway, { method, url, host: headers.host }, port()).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500, type: "text/plain", body: "The figures cannot be read\n" }),
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", (connection) => connection.unref());
  return server.unref();
}

function send(response: ServerResponse, { status, type, body }: OpsAnswer): void {
  const headers = { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff", connection: "close" };
  response.writeHead(status, status === 405 ? { ...headers, allow: "GET, HEAD" } : headers).end(body);
}

const listening = (server: Server, listen: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject).once("listening", () => {
      server.off("error", reject).on("error", () => undefined); // one connection that fails is its peer's business
      resolve();
    });
    listen();
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
