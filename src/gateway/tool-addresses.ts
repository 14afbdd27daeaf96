import { GatewayError } from "../model/errors.ts";
import { parseToolRef, type ToolRef } from "../model/tool.ts";
import { tryRead } from "./call-endings.ts";

/** Hosts call few tools, again and again; whoever makes names up does not fill the memory. */
const MOST_KEPT = 256;
const LONGEST_KEPT = 256;

/** Reads `"server/tool"`; an address that was read before is the same object again, with names whose hashes are known. */
export class ToolAddresses {
  readonly #known = new Map<string, ToolRef>();

  /** `invalid_argument` for what is no address. */
  read(address: unknown): ToolRef | GatewayError {
    const known = typeof address === "string" ? this.#known.get(address) : undefined;
    if (known) return known;
    const ref = tryRead(() => parseToolRef(address));
    if (!(ref instanceof GatewayError)) this.#keep(address as string, ref);
    return ref;
  }

  #keep(address: string, ref: ToolRef): void {
    if (address.length > LONGEST_KEPT) return;
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(address, ref);
  }
}
