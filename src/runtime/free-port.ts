import { once } from "node:events";
import { createServer } from "node:net";
import { GatewayError } from "../model/errors.ts";

const ATTEMPTS = 10;
/** No such address on this machine, or a port we may not open although the child perhaps may. */
const NOT_OURS_TO_SAY: ReadonlySet<unknown> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EACCES"]);

/** The local ports that children of ours are about to use or use, so that no two starts get the same one. */
export class LocalPorts {
  readonly #claimed = new Set<number>();

  /**
   * Claims the wanted port, or a free one, on both loopback addresses. Throws `start_failed` if somebody else listens
   * there already: a stranger must not be taken for the backend.
   */
  async claim(wanted: number | undefined): Promise<number> {
    if (wanted !== undefined) {
      if (await this.#take(wanted)) return wanted;
      throw new GatewayError("start_failed", `Port ${wanted} on localhost is already in use`, {
        hint: 'Stop what listens there, or leave "port" out: a free one is then chosen and passed as PORT',
      });
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = await listenBriefly("127.0.0.1", 0);
      if (port !== undefined && (await this.#take(port))) return port;
    }
    throw new GatewayError("start_failed", "Cannot find a free port on localhost");
  }

  release(port: number): void {
    this.#claimed.delete(port);
  }

  async #take(port: number): Promise<boolean> {
    if (this.#claimed.has(port)) return false;
    this.#claimed.add(port);
    for (const host of ["127.0.0.1", "::1"]) {
      if ((await listenBriefly(host, port)) !== undefined) continue;
      this.#claimed.delete(port);
      return false;
    }
    return true;
  }
}

/** Gives the port it could listen on, or undefined if it is in use. */
async function listenBriefly(host: string, port: number): Promise<number | undefined> {
  const listener = createServer();
  try {
    listener.listen({ host, port, exclusive: true });
    await once(listener, "listening");
    const address = listener.address();
    return typeof address === "object" && address ? address.port : port;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE") return undefined;
    if (NOT_OURS_TO_SAY.has(code)) return port;
    throw new GatewayError("start_failed", "Cannot look for a port on localhost", { cause });
  } finally {
    listener.close();
  }
}
