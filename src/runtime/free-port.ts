import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { GatewayError } from "../model/errors.ts";

const ATTEMPTS = 50;
/**
 * Below the ports that Linux (32768), macOS and Windows (49152) give to outgoing connections: one of those could be taken between
 * our look and the child's.
 */
const CHOSEN_FROM = { first: 20_000, last: 32_767 };
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
      const port = randomInt(CHOSEN_FROM.first, CHOSEN_FROM.last + 1);
      if (await this.#take(port)) return port;
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
      if (await isFree(host, port)) continue;
      this.#claimed.delete(port);
      return false;
    }
    return true;
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  const listener = createServer();
  try {
    listener.listen({ host, port, exclusive: true });
    await once(listener, "listening");
    return true;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE") return false;
    if (NOT_OURS_TO_SAY.has(code)) return true;
    throw new GatewayError("start_failed", "Cannot look for a port on localhost", { cause });
  } finally {
    listener.close();
  }
}
