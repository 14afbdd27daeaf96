import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, createServer as listen, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What happens to one call to the engine; undefined lets it through. */
export type Fault =
  | { readonly kind: "hang" }
  | { readonly kind: "drop" }
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  | undefined;

/** Decides on a call by its method and path; may do something first. */
export type FaultRule = (call: { readonly method: string; readonly path: string }) => Fault | Promise<Fault>;

/** An engine socket in front of another one, with faults of our choice. */
export interface FaultProxy extends AsyncDisposable {
  readonly address: string;
  /** Every call seen, as `POST /containers/create`. */
  readonly calls: readonly string[];
  /** Cuts every connection there is, as an engine that dies does. */
  dropAll(): void;
}

export async function openFaultProxy(engineSocket: string, rule: FaultRule): Promise<FaultProxy> {
  const path = join(tmpdir(), `sp-fault-${randomBytes(4).toString("hex")}.sock`);
  const calls: string[] = [];
  const sockets = new Set<Socket>();
  const judge = async (call: IncomingMessage) => {
    const method = call.method ?? "";
    const plain = (call.url ?? "").replace(/^\/v[\d.]+/, "").replace(/\?.*/, "");
    calls.push(`${method} ${plain}`);
    return rule({ method, path: plain });
  };
  const server = createServer(async (call, answer) => {
    const fault = await judge(call);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "drop") return void call.socket.destroy();
    if (fault?.kind === "answer")
      return void answer.writeHead(fault.status, { "content-type": "application/json" }).end(fault.body);
    forward(engineSocket, call, answer);
  });
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.on("connection", (socket) => sockets.add(socket));
  server.on("upgrade", async (call, socket, head) => {
    const fault = await judge(call);
    if (fault) return void socket.destroy();
    const engine = connect(engineSocket);
    sockets.add(engine);
    const headers = Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`);
    engine.write(`${[`${call.method} ${call.url} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n`);
    engine.write(head);
    for (const end of [engine, socket]) end.on("error", () => {});
    engine.pipe(socket).pipe(engine);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    address: `unix://${path}`,
    calls,
    dropAll,
    async [Symbol.asyncDispose]() {
      dropAll();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(engineSocket: string, call: IncomingMessage, answer: ServerResponse): void {
  const { headers, method, url } = call;
  const onward = request({ socketPath: engineSocket, path: url, method, headers, agent: false }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
    reply.on("error", () => answer.destroy());
  });
  onward.on("error", () => answer.destroy());
  answer.on("close", () => onward.destroy());
  call.pipe(onward);
}

/** A socket whose listener says `bytes` to everybody, or nothing at all. */
export async function openStrangeSocket(bytes: string | undefined): Promise<{ readonly address: string } & AsyncDisposable> {
  const path = join(tmpdir(), `sp-strange-${randomBytes(4).toString("hex")}.sock`);
  const sockets = new Set<Socket>();
  const server = listen((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (bytes !== undefined) socket.once("data", () => socket.end(bytes));
  });
  server.listen(path);
  await once(server, "listening");
  return {
    address: `unix://${path}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
