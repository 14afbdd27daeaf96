import { isLogLevel } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { isPlainIdentity, readCapabilities } from "./declared-capabilities.ts";
import { holdsOnly } from "./envelope.ts";
import type { HostCall } from "./host-link.ts";
import { CAPABILITIES, INSTRUCTIONS, SERVER_IDENTITY } from "./identity.ts";
import type { LegacyHost } from "./legacy-host.ts";
import { definitions, type FaceParts } from "./tool-bench.ts";

/** The revisions with a handshake, newest first. */
export const LEGACY_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];

/** Answers a host with a handshake. */
export class LegacyDesk {
  readonly #parts: FaceParts;
  readonly #host: LegacyHost;
  #handshake: HostCall | undefined;

  constructor(parts: FaceParts, host: LegacyHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** The `initialize` that was answered here. */
  get handshake(): HostCall | undefined {
    return this.#handshake;
  }

  /** Answers `initialize`; a version we do not know is answered with our newest. */
  greet(message: HostCall): boolean {
    const params = message.params as JsonObject | undefined;
    const declared = params && "id" in message ? capabilitiesOf(params) : undefined;
    if (!declared || !("id" in message)) return false;
    const requested = LEGACY_VERSIONS.find((version) => version === params?.["protocolVersion"]);
    this.#handshake = message;
    this.#host.declared = () => declared;
    this.#parts.link.answer(message.id, {
      protocolVersion: requested ?? LEGACY_VERSIONS[0],
      capabilities: CAPABILITIES,
      serverInfo: SERVER_IDENTITY,
      instructions: INSTRUCTIONS,
    });
    return true;
  }

  take(message: HostCall): boolean {
    if ("id" in message) {
      const result = this.#resultOf(message.method, message.params);
      if (result) this.#parts.link.answer(message.id, result);
      return result !== undefined;
    }
    return this.#hear(message.method, message.params);
  }

  #resultOf(method: string, params: JsonObject | undefined): JsonObject | undefined {
    const level = params?.["level"];
    switch (method) {
      case "ping":
        return holdsOnly(params) ? {} : undefined;
      case "tools/list":
        if (!holdsOnly(params)) return undefined;
        this.#parts.ready();
        return { tools: definitions };
      case "logging/setLevel":
        if (!holdsOnly(params, "level") || !isLogLevel(level)) return undefined;
        this.#host.wantsLog(level);
        return {};
      default:
        return undefined;
    }
  }

  #hear(method: string, params: JsonObject | undefined): boolean {
    if (method === "notifications/cancelled") return !this.#parts.link.isSdkIn(); // the lane has heard of it
    if (!holdsOnly(params)) return false;
    if (method === "notifications/initialized") this.#host.arrived();
    else if (method === "notifications/roots/list_changed") this.#parts.host.rootsChanged();
    else return false;
    return true;
  }
}

/** What the host can do, by a handshake of the ordinary kind. */
function capabilitiesOf(params: JsonObject): JsonObject | undefined {
  const { protocolVersion, capabilities, clientInfo } = params;
  const ordinary = holdsOnly(params, "protocolVersion", "capabilities", "clientInfo");
  if (!ordinary || typeof protocolVersion !== "string" || !isPlainIdentity(clientInfo)) return undefined;
  return isJsonObject(capabilities) ? readCapabilities(capabilities) : undefined;
}
