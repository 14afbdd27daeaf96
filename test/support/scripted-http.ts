import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Era } from "../../src/model/ports.ts";

/** One request as it arrived. */
export interface Recorded {
  readonly verb: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; empty when there was none. */
  readonly message: JsonObject;
  /** Resolves when the connection or the exchange has ended. */
  readonly gone: Promise<void>;
}

/** How one request is answered, or left unanswered. */
export type Behaviour = (request: Recorded, response: ServerResponse) => void;

export interface Script {
  readonly era: Era;
  /** Given out at `initialize`, one after the other; without any there are no sessions. */
  readonly sessions?: readonly string[];
  /** What the handshake claims. */
  readonly capabilities?: JsonObject;
  /** By JSON-RPC method, or by verb for GET and DELETE; of several, each is used once and the last one for the rest. */
  readonly on?: Readonly<Record<string, Behaviour | readonly Behaviour[]>>;
}

/** A real HTTP server that behaves as scripted and remembers what it was sent. */
export interface ScriptedHttp extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** The requests of one JSON-RPC method, or of one verb. */
  of(name: string): Recorded[];
  /** Resolves with the first request of that name, arrived or yet to come. */
  arrival(name: string): Promise<Recorded>;
}

export async function startScriptedHttp(script: Script): Promise<ScriptedHttp> {
  const requests: Recorded[] = [];
  const waiting: { name: string; resolve: (request: Recorded) => void }[] = [];
  const behaviours = behavioursOf(script);
  const server = createServer({ keepAliveTimeout: 0 }, async (incoming, response) => {
    const request = await record(incoming, response);
    requests.push(request);
    const name = nameOf(request);
    for (const waiter of waiting.splice(0)) {
      if (waiter.name === name) waiter.resolve(request);
      else waiting.push(waiter);
    }
    behaviours(name)(request, response);
  });
  const port = await listen(server);
  const of = (name: string) => requests.filter((request) => nameOf(request) === name);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    requests,
    of,
    arrival: (name) => {
      const [first] = of(name);
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push({ name, resolve }));
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** Listens on a free port of the loopback address. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

/** Stops a server and every connection it has. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A port nobody listens on. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

const text = (value: unknown): string => JSON.stringify(value);

/** The result message of a request. */
export const resultFor = (request: Recorded, result: JsonObject): JsonObject => ({
  jsonrpc: "2.0",
  id: request.message["id"],
  result,
});

/** Answers with one JSON result. */
export const json =
  (result: JsonObject, headers: Record<string, string> = {}): Behaviour =>
  (request, response) =>
    void response.writeHead(200, { "content-type": "application/json", ...headers }).end(text(resultFor(request, result)));

/** Answers with a JSON-RPC error; its id is the request's unless another is given. */
export const rpcError =
  (status: number, code: number, message: string, id?: unknown): Behaviour =>
  (request, response) => {
    const body = { jsonrpc: "2.0", id: id === undefined ? request.message["id"] : id, error: { code, message } };
    response.writeHead(status, { "content-type": "application/json" }).end(text(body));
  };

/** Answers with a status, headers and a plain body. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Behaviour =>
  (_request, response) =>
    void response.writeHead(code, { "content-type": "text/plain", ...headers }).end(body);

/** Answers with an event stream; the chunks are written one by one and the stream is ended. */
export const sse =
  (...chunks: ((request: Recorded) => string | Buffer)[]): Behaviour =>
  (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) response.write(chunk(request));
    response.end();
  };

/** One event that carries a message. */
export const event =
  (message: (request: Recorded) => JsonObject, fields = ""): ((request: Recorded) => string) =>
  (request) =>
    `${fields}data: ${text(message(request))}\n\n`;

/** Answers with bytes that are taken as they are, head included, and ends the connection. */
export const raw =
  (...parts: string[]): Behaviour =>
  (_request, response) => {
    for (const part of parts) response.socket?.write(part);
    response.socket?.end();
  };

/** Answers with a good result, compressed. */
export const gzipped =
  (result: JsonObject): Behaviour =>
  (request, response) => {
    const body = gzipSync(text(resultFor(request, result)));
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(body);
  };

/** Never answers. */
export const silent: Behaviour = () => {};

/** Starts a JSON body and sends one byte of it now and then, until the connection goes. */
export const dripping: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const drip = setInterval(() => response.write(" "), 5);
  response.once("close", () => clearInterval(drip));
};

/** Sends `bytes` bytes of a JSON string, as fast as they are taken. */
export const flooding =
  (bytes: number, headers: Record<string, string> = { "content-type": "application/json" }, head = '{"x":"'): Behaviour =>
  (_request, response) => {
    response.writeHead(200, headers).write(head);
    const block = Buffer.alloc(64 * 1024, "a");
    let left = bytes;
    const pour = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= block.length;
        if (!response.write(block)) return void response.once("drain", pour);
      }
      response.end();
    };
    pour();
  };

function behavioursOf(script: Script): (name: string) => Behaviour {
  const used = new Map<string, number>();
  const sessions = [...(script.sessions ?? [])];
  return (name) => {
    const scripted = script.on?.[name];
    if (scripted === undefined) return usual(script, sessions, name);
    const list = typeof scripted === "function" ? [scripted] : scripted;
    const at = used.get(name) ?? 0;
    used.set(name, at + 1);
    return list[Math.min(at, list.length - 1)] ?? silent;
  };
}

function usual({ era, capabilities = { tools: {} } }: Script, sessions: string[], name: string): Behaviour {
  const serverInfo = { name: "scripted", version: "1.0.0" };
  if (name === "initialize" && era === "legacy") {
    const session = sessions.shift();
    const result = { protocolVersion: "2025-06-18", capabilities, serverInfo };
    return json(result, session === undefined ? {} : { "mcp-session-id": session });
  }
  if (name === "server/discover" && era === "modern")
    return json({ resultType: "complete", supportedVersions: ["2026-07-28"], capabilities, ttlMs: 0, cacheScope: "private" });
  if (name.startsWith("notifications/")) return status(202);
  if (name === "GET") return status(405);
  if (name === "DELETE") return status(200);
  return rpcError(era === "modern" ? 404 : 400, -32_601, "Method not found");
}

async function record(incoming: IncomingMessage, response: ServerResponse): Promise<Recorded> {
  const gone = new Promise<void>((resolve) => response.once("close", resolve));
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return {
    verb: incoming.method ?? "",
    target: incoming.url ?? "",
    headers: incoming.headers,
    message: isJsonObject(body) ? body : {},
    gone,
  };
}

function nameOf({ verb, message }: Recorded): string {
  if (verb !== "POST") return verb;
  return typeof message["method"] === "string" ? message["method"] : "response";
}
