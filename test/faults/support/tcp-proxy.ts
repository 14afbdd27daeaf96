import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** How bytes travel in one direction of a link. */
export interface Lane {
  /** How many bytes pass before it ends. */
  readonly bytes: number;
  readonly end: "silence" | "close" | "reset";
  /** Bytes that are put in after those that passed. */
  readonly garbage?: string;
}

/** What the network does to new connections and to those there are; without a lane a direction is sound. */
export interface Weather {
  /** New connections: taken, taken and reset at once, or taken and never answered. */
  readonly accept?: "pass" | "reset" | "silence";
  readonly toBackend?: Lane;
  readonly toGateway?: Lane;
}

interface Link {
  readonly gateway: Socket;
  readonly backend: Socket | undefined;
}

/** The network between the gateway and one backend, with weather of our choice. */
export class TcpProxy implements AsyncDisposable {
  #target: number;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #weather: Weather = {};
  #port = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  /** Opens a way to a port of the loopback address. */
  static async open(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`;
  }

  /** How many connections of the gateway are open. */
  get open(): number {
    return this.#links.size;
  }

  /** Sets in for new bytes and new connections. */
  set weather(weather: Weather) {
    this.#weather = weather;
    for (const link of this.#links) this.#rule(link);
  }

  /** Leads new connections to another port, as when a backend was replaced, and cuts the old ones. */
  lead(target: number): void {
    this.#target = target;
    this.cut("close");
  }

  /** Cuts every connection there is. */
  cut(how: "close" | "reset"): void {
    for (const { gateway, backend } of this.#links) {
      end(gateway, how);
      backend?.destroy();
    }
  }

  /** Refuses connections from now on. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut("reset");
    if (server) await closed(server);
  }

  /** Takes connections again, on the same port. */
  async reopen(): Promise<void> {
    this.weather = {};
    if (!this.#server) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
  }

  async #listen(): Promise<void> {
    const server = createServer((gateway) => this.#link(gateway));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    this.#port = typeof address === "object" && address ? address.port : 0;
    this.#server = server;
  }

  #link(gateway: Socket): void {
    gateway.on("error", () => {});
    if (this.#weather.accept === "reset") return void gateway.resetAndDestroy();
    const backend = this.#weather.accept === "silence" ? undefined : connect(this.#target, "127.0.0.1");
    const link = { gateway, backend };
    this.#links.add(link);
    gateway.once("close", () => {
      this.#links.delete(link);
      backend?.destroy();
    });
    backend?.on("error", () => gateway.destroy()).on("end", () => gateway.end());
    this.#rule(link);
  }

  #rule({ gateway, backend }: Link): void {
    if (!backend) return;
    carry(gateway, backend, this.#weather.toBackend, gateway);
    carry(backend, gateway, this.#weather.toGateway, gateway);
  }
}

/** Passes what `from` sends on to `to`, as the lane allows; the end of a lane is felt by the gateway's socket. */
function carry(from: Socket, to: Socket, lane: Lane | undefined, gateway: Socket): void {
  from.removeAllListeners("data");
  let left = lane?.bytes ?? Number.POSITIVE_INFINITY;
  from.on("data", (chunk: Buffer) => {
    const passed = chunk.subarray(0, left);
    left -= passed.length;
    if (passed.length > 0) to.write(passed);
    if (left > 0 || !lane) return;
    from.removeAllListeners("data").on("data", () => {}); // what follows is lost on the way
    if (lane.garbage !== undefined) to.write(lane.garbage);
    if (lane.end !== "silence") setImmediate(() => end(gateway, lane.end === "close" ? "close" : "reset"));
  });
}

function end(socket: Socket, how: "close" | "reset"): void {
  if (how === "close") socket.end();
  else socket.resetAndDestroy();
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}
