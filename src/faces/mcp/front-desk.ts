import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import type { HostCall } from "./host-link.ts";
import type { LegacyDesk } from "./legacy-desk.ts";
import type { ModernDesk } from "./modern-desk.ts";

/**
 * Answers the plain messages of a host before the SDK is loaded, and exactly as it does: handshakes of both eras, lists, pings.
 * Whatever is out of the ordinary is the SDK's; where it would decide the era by that, the desk closes.
 */
export class FrontDesk {
  readonly #legacy: LegacyDesk;
  readonly #modern: ModernDesk;
  #era: "open" | "legacy" | "modern" | "closed" = "open";

  constructor(legacy: LegacyDesk, modern: ModernDesk) {
    this.#legacy = legacy;
    this.#modern = modern;
  }

  /** What brings a fresh SDK server to where the conversation is. */
  get past(): readonly JSONRPCMessage[] {
    const { handshake } = this.#legacy;
    return handshake ? [handshake] : this.#modern.past;
  }

  /** Answers a message if it can; false leaves it to the SDK. */
  take(message: JSONRPCMessage): boolean {
    if (!("method" in message) || this.#era === "closed") return false;
    if (this.#era === "open") return this.#open(message);
    if (this.#era === "modern") return this.#modern.take(message);
    if (message.method !== "initialize") return this.#legacy.take(message);
    this.#era = "closed"; // a second handshake may change what the first one said
    return false;
  }

  /** As long as the host has only asked who we are, it can be of either era. */
  #open(message: HostCall): boolean {
    const isHandshake = message.method === "initialize";
    const taken = isHandshake ? this.#legacy.greet(message) : this.#modern.take(message);
    if (!taken) this.#era = "closed";
    else if (isHandshake) this.#era = "legacy";
    else if (this.#modern.isPinned) this.#era = "modern";
    return taken;
  }
}
