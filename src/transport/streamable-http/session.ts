import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { RpcMessage, RpcRequest } from "../../wire/json-rpc.ts";
import { ModernPostHeaders, POST_HEADERS } from "./headers.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { Refusal } from "./http-status.ts";

const METHOD_NOT_FOUND = -32_601;
const SESSION_NOT_FOUND = -32_001;

/**
 * What a conversation of the legacy era remembers between its requests: the session id, the negotiated revision, and the
 * `initialize` request with which the session can be begun anew. Empty for a conversation of the modern era.
 */
export class Session {
  #id: string | undefined;
  #revision: string | undefined;
  #initialize: RpcRequest | undefined;
  #capabilities: JsonObject = {};
  /** What requests of the modern era repeat in their headers. */
  readonly modernHeaders = new ModernPostHeaders();
  #headers: Readonly<Record<string, string>> = {};
  #postHeaders: Readonly<Record<string, string>> = POST_HEADERS;

  get id(): string | undefined {
    return this.#id;
  }

  /** The `initialize` request that began the session. */
  get initialize(): RpcRequest | undefined {
    return this.#initialize;
  }

  /** The headers of every request after `initialize`; the same object as long as nothing changes. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** The same with those of a POST. */
  get postHeaders(): Readonly<Record<string, string>> {
    return this.#postHeaders;
  }

  /** Takes the revision that was negotiated. */
  agreeOn(revision: string): void {
    this.#revision = revision;
    this.#renewHeaders();
  }

  /** Takes the session id out of the head of a successful answer to `initialize`. */
  begin(initialize: RpcRequest, answer: Pick<HttpAnswer, "headers">): void {
    const id = answer.headers["mcp-session-id"];
    this.#initialize = initialize;
    this.#id = typeof id === "string" && id !== "" ? id : undefined;
    this.#renewHeaders();
  }

  #renewHeaders(): void {
    this.#headers = {
      ...(this.#revision !== undefined && { "mcp-protocol-version": this.#revision }),
      ...(this.#id !== undefined && { "mcp-session-id": this.#id }),
    };
    this.#postHeaders = { ...this.#headers, ...POST_HEADERS };
  }

  /** Takes the capabilities out of the response to `initialize`. */
  learn(response: RpcMessage): void {
    const capabilities = "result" in response ? response.result["capabilities"] : undefined;
    this.#capabilities = isJsonObject(capabilities) ? capabilities : {};
  }

  /** Whether the backend may ask something that belongs to no request. */
  get asksUnasked(): boolean {
    const declared = this.#initialize?.params?.["capabilities"];
    return isJsonObject(declared) && Object.keys(declared).length > 0;
  }

  /** Whether the backend may send what belongs to no request: questions, list changes, resource updates, logs. */
  get speaksUnasked(): boolean {
    const { tools, prompts, resources, logging } = this.#capabilities;
    const announces = (part: unknown, what: string): boolean => isJsonObject(part) && part[what] === true;
    return (
      this.asksUnasked ||
      logging !== undefined ||
      [tools, prompts, resources].some((part) => announces(part, "listChanged")) ||
      announces(resources, "subscribe")
    );
  }

  /**
   * Whether a refusal means that the session is gone, and the request therefore never reached a tool: 404 unless it says
   * that the method is unknown, and, from less careful backends, 400 with a body that speaks of the session.
   */
  isLost({ status, text, rpc }: Refusal, requestId: unknown): boolean {
    if (this.#id === undefined || rpc?.error.code === METHOD_NOT_FOUND) return false;
    const speaksOfSession = rpc?.error.code === SESSION_NOT_FOUND || /\bsession\b/i.test(text);
    if (status === 404) return speaksOfSession || rpc === undefined || rpc.id !== requestId;
    return status === 400 && speaksOfSession;
  }
}
