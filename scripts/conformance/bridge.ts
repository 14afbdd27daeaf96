import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { JsonObject } from "../../src/model/json.ts";
import type { Launch } from "../../test/support/gateway-home.ts";
import { listen } from "../../test/support/scripted-http.ts";
import type { Translation } from "./facade.ts";
import { claimsModern, headerFault, statusOf } from "./http-rules.ts";
import { StdioPeer } from "./stdio-peer.ts";

/** Our stdio face behind an HTTP address, which is all the suite can speak to. */
export interface Bridge extends AsyncDisposable {
  readonly url: string;
}

type Translate = (request: JsonObject) => Translation | undefined;

const JSON_TYPE = { "content-type": "application/json" };
const SSE_TYPE = { "content-type": "text/event-stream" };
const PIN: JsonObject = {
  jsonrpc: "2.0",
  id: "pin",
  method: "tools/list",
  params: {
    _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} },
  },
};

/** Starts a bridge: a process for each 2025-11-25 session, and one for all 2026-07-28 requests. */
export async function startBridge(launch: Launch, translate: Translate): Promise<Bridge> {
  const peers = new Peers(launch);
  const server = createServer((request, response) => void handle(request, response, peers, translate));
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      await peers[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Peers implements AsyncDisposable {
  readonly #launch: Launch;
  readonly #sessions = new Map<string, StdioPeer>();
  #modern: StdioPeer | undefined;

  constructor(launch: Launch) {
    this.#launch = launch;
  }

  /** The process of all 2026-07-28 requests; its first message must say so, whoever comes first. */
  modern(): StdioPeer {
    if (this.#modern) return this.#modern;
    this.#modern = new StdioPeer(this.#launch);
    this.#modern.request(PIN, { event: () => {}, final: () => {} });
    return this.#modern;
  }

  open(): { readonly id: string; readonly peer: StdioPeer } {
    const [id, peer] = [randomUUID(), new StdioPeer(this.#launch)];
    this.#sessions.set(id, peer);
    return { id, peer };
  }

  session(id: unknown): StdioPeer | undefined {
    return this.#sessions.get(String(id));
  }

  async end(id: unknown): Promise<void> {
    await this.session(id)?.[Symbol.asyncDispose]();
    this.#sessions.delete(String(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#sessions.values(), ...(this.#modern ? [this.#modern] : [])];
    await Promise.all(all.map((peer) => peer[Symbol.asyncDispose]()));
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, peers: Peers, translate: Translate): Promise<void> {
  const sessionId = request.headers["mcp-session-id"];
  const session = peers.session(sessionId);
  if (request.method === "GET" && session) return openStream(response, session);
  if (request.method === "DELETE" && session) {
    await peers.end(sessionId);
    response.writeHead(200).end();
    return;
  }
  if (request.method !== "POST") return void response.writeHead(sessionId === undefined ? 405 : 404).end();
  const message = await readMessage(request);
  if (!message) return reply(response, 400, { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } });
  if (message["method"] === "initialize" && !claimsModern(request.headers, message)) {
    const { id, peer } = peers.open();
    response.setHeader("mcp-session-id", id);
    return forward(message, peer, response, false);
  }
  if (session) return forward(message, session, response, false, translate);
  if (sessionId !== undefined) return void response.writeHead(404).end();
  const fault = headerFault(request.headers, message);
  if (fault) return reply(response, 400, fault);
  forward(message, peers.modern(), response, true, translate);
}

function forward(message: JsonObject, peer: StdioPeer, response: ServerResponse, isModern: boolean, translate?: Translate): void {
  if (message["id"] === undefined || message["method"] === undefined) {
    peer.send(message);
    response.writeHead(202).end();
    return;
  }
  const translation = translate?.(message);
  const cancel = peer.request(translation?.request ?? message, {
    event: (event) => writeEvent(response, event),
    final(answer) {
      const shown = translation?.answer(answer) ?? answer;
      if (!response.headersSent) return reply(response, isModern ? statusOf(shown) : 200, shown);
      writeEvent(response, shown);
      response.end();
    },
  });
  response.on("close", () => {
    if (isModern && !response.writableFinished) cancel();
  });
}

function openStream(response: ServerResponse, session: StdioPeer): void {
  response.writeHead(200, SSE_TYPE).flushHeaders();
  session.stray = (message) => writeEvent(response, message);
}

function writeEvent(response: ServerResponse, message: JsonObject): void {
  if (!response.headersSent) response.writeHead(200, SSE_TYPE);
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

const reply = (response: ServerResponse, status: number, message: JsonObject): void =>
  void response.writeHead(status, JSON_TYPE).end(JSON.stringify(message));

async function readMessage(request: IncomingMessage): Promise<JsonObject | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
