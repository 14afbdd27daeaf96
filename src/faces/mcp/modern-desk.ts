import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/server";
import { modernCalls, readModernCall } from "./direct-calls.ts";
import {
  CLIENT_CAPABILITIES,
  type Envelope,
  inModernEnvelope,
  MODERN_VERSIONS,
  PROTOCOL_VERSION,
  readEnvelope,
} from "./envelope.ts";
import type { HostCall } from "./host-link.ts";
import { CACHE_HINT, CAPABILITIES, INSTRUCTIONS } from "./identity.ts";
import { definitions, type FaceParts } from "./tool-bench.ts";

/** A message that says nothing but that the host is of the modern era, which pins the SDK's server to it. */
const PINNING: JSONRPCMessage = {
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { _meta: { [PROTOCOL_VERSION]: MODERN_VERSIONS[0], [CLIENT_CAPABILITIES]: {} } },
};

/** Answers a host that says with every request who it is. */
export class ModernDesk {
  readonly #parts: FaceParts;
  #probe: JSONRPCMessage | undefined;
  #isPinned = false;

  constructor(parts: FaceParts) {
    this.#parts = parts;
  }

  /** Whether the host has done more than ask who we are, which a host of either era may do. */
  get isPinned(): boolean {
    return this.#isPinned;
  }

  /** What brings a fresh SDK server to where the conversation is. */
  get past(): readonly JSONRPCMessage[] {
    if (this.#isPinned) return [PINNING];
    return this.#probe ? [this.#probe] : [];
  }

  take(message: HostCall): boolean {
    const { link } = this.#parts;
    // of what is the SDK's nothing can be open before it is in; the lane has heard of it
    if (!("id" in message)) return this.#isPinned && message.method === "notifications/cancelled" && !link.isSdkIn();
    if (message.method === "tools/call") return this.#call(message);
    const envelope = holdsEnvelopeOnly(message) ? readEnvelope(message.params) : undefined;
    if (envelope && message.method === "server/discover") this.#introduce(message);
    else if (envelope && message.method === "tools/list") this.#list(message, envelope);
    else return false;
    return true;
  }

  #introduce(message: JSONRPCRequest): void {
    this.#probe ??= message;
    const about = { supportedVersions: MODERN_VERSIONS, capabilities: CAPABILITIES, instructions: INSTRUCTIONS };
    this.#parts.link.answer(message.id, inModernEnvelope({ ...about, ...CACHE_HINT }));
  }

  #list(message: JSONRPCRequest, { capabilities }: Envelope): void {
    this.#pin();
    this.#parts.host.learn(capabilities);
    this.#parts.ready();
    this.#parts.link.answer(message.id, inModernEnvelope({ tools: definitions, ...CACHE_HINT }));
  }

  #call(message: JSONRPCRequest): boolean {
    if (!readModernCall(message)) return false;
    this.#pin();
    return this.#parts.link.takeLane(message);
  }

  #pin(): void {
    if (this.#isPinned) return;
    this.#isPinned = true;
    this.#parts.link.openLane(modernCalls(this.#parts), readModernCall);
  }
}

const holdsEnvelopeOnly = ({ params = {} }: JSONRPCRequest): boolean => Object.keys(params).every((name) => name === "_meta");
