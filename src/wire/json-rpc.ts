import { Buffer, isUtf8 } from "node:buffer";
import type { RpcErrorObject } from "../model/errors.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { type ExactParse, parseExactly } from "./exact-json.ts";
import { type EnvelopePeek, peekEnvelope } from "./peek-envelope.ts";
import { isRequestId, type RequestId } from "./request-id.ts";
import { type Survey, surveyJson } from "./survey-json.ts";

export { isRequestId, type RequestId } from "./request-id.ts";

export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

/** How a message with an id begins, up to that. */
export const MESSAGE_BEGINNING: Buffer = Buffer.from('{"jsonrpc":"2.0","id":');

/** Arrays and objects a message may nest; far below the depth at which `JSON.stringify` gives up (about 5,000). */
export const MAX_MESSAGE_DEPTH = 128;

export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: RequestId;
  readonly method: string;
  readonly params?: JsonObject;
}

export interface RpcNotification {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: JsonObject;
}

export interface RpcResult {
  readonly jsonrpc: "2.0";
  readonly id: RequestId;
  readonly result: JsonObject;
}

/** An error answer; the id is null when the request's own could not be read. */
export interface RpcErrorResponse {
  readonly jsonrpc: "2.0";
  readonly id: RequestId | null;
  readonly error: RpcErrorObject;
}

export type RpcResponse = RpcResult | RpcErrorResponse;
export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

/** A line that is no JSON-RPC message, with the error to answer. */
export interface InvalidMessage {
  readonly kind: "invalid";
  /** A broken `response` names a request of the reader's own: its id tells which call failed and must not be answered. */
  readonly shape: EnvelopePeek["shape"];
  readonly id: RequestId | null;
  readonly error: RpcErrorObject;
  /** Nothing is wrong with it but that it nests deeper than we read. */
  readonly tooDeep?: boolean;
}

export type ParsedMessage =
  | { readonly kind: "request"; readonly message: RpcRequest }
  | { readonly kind: "notification"; readonly message: RpcNotification }
  | { readonly kind: "response"; readonly message: RpcResponse }
  | InvalidMessage;

const KNOWN_MEMBERS = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);

/**
 * Reads one line as one JSON-RPC 2.0 message; never throws. Reads `params: null` as absent. What could not be passed on as it
 * came is refused: bytes that are no UTF-8, and a key that stands twice in one object.
 */
export function parseMessage(line: Buffer, maxDepth: number = MAX_MESSAGE_DEPTH): ParsedMessage {
  const survey = surveyJson(line, maxDepth);
  if (survey.tooDeep) return { ...refuseLine(line, invalid(`Message nests deeper than ${maxDepth} levels`)), tooDeep: true };
  const parsed = parseJson(line, survey);
  if (!parsed) return refuseLine(line, { code: PARSE_ERROR, message: "Message is not valid JSON" });
  if ("problem" in parsed) return refuseLine(line, invalid(parsed.problem));
  return isUtf8(line) ? classify(parsed.value) : refuseLine(line, invalid("Message is not valid UTF-8"));
}

/** The answer to a request that failed. */
export const errorResponse = (id: RequestId | null, error: RpcErrorObject): RpcErrorResponse => ({ jsonrpc: "2.0", id, error });

const refuseLine = (line: Buffer, error: RpcErrorObject): InvalidMessage => ({ kind: "invalid", ...peekEnvelope(line), error });

function parseJson(line: Buffer, survey: Survey): ExactParse | undefined {
  try {
    return parseExactly(line.toString("utf8"), survey);
  } catch {
    return undefined;
  }
}

function classify(value: unknown): ParsedMessage {
  if (Array.isArray(value)) return refuse({}, "Batches are not supported: send one message per line");
  if (!isJsonObject(value)) return refuse({}, "Message is not a JSON object");
  if (value["jsonrpc"] !== "2.0") return refuse(value, 'Message has no "jsonrpc": "2.0"');
  const unknown = Object.keys(value).find((key) => !KNOWN_MEMBERS.has(key));
  if (unknown !== undefined) return refuse(value, `Message has an unknown member "${unknown.slice(0, 64)}"`);
  return "method" in value ? classifyCall(value) : classifyResponse(value);
}

function classifyCall(value: JsonObject): ParsedMessage {
  const { id, method, params } = value;
  if (typeof method !== "string") return refuse(value, "Method is not a string");
  if ("result" in value || "error" in value) return refuse(value, "Message is both a request and a response");
  if (params !== undefined && params !== null && !isJsonObject(params)) return refuse(value, "Params are not a JSON object");
  if (!("id" in value)) return { kind: "notification", message: notificationOf(method, params ?? undefined) };
  if (!isRequestId(id)) return refuse(value, "Id is neither a short string nor a safe integer");
  return { kind: "request", message: requestOf(id, method, params ?? undefined) };
}

// written out, since every object that a spread adds members to is a class of its own to V8, and all that reads it is slow then
const requestOf = (id: RequestId, method: string, params: JsonObject | undefined): RpcRequest =>
  params ? { jsonrpc: "2.0", id, method, params } : { jsonrpc: "2.0", id, method };

const notificationOf = (method: string, params: JsonObject | undefined): RpcNotification =>
  params ? { jsonrpc: "2.0", method, params } : { jsonrpc: "2.0", method };

function classifyResponse(value: JsonObject): ParsedMessage {
  const { id, result, error } = value;
  if ("result" in value === "error" in value || "params" in value)
    return refuse(value, "Message has neither a method nor exactly one of result and error");
  if (isJsonObject(result) && isRequestId(id)) return { kind: "response", message: { jsonrpc: "2.0", id, result } };
  if (isErrorObject(error) && (isRequestId(id) || id === undefined || id === null))
    return { kind: "response", message: errorResponse(id ?? null, error) };
  return refuse(value, "Response is malformed");
}

function isErrorObject(value: unknown): value is RpcErrorObject {
  return isJsonObject(value) && Number.isInteger(value["code"]) && typeof value["message"] === "string";
}

function refuse(value: JsonObject, message: string): InvalidMessage {
  const id = isRequestId(value["id"]) ? value["id"] : null;
  return { kind: "invalid", shape: shapeOf(value), id, error: invalid(message) };
}

function shapeOf(value: JsonObject): EnvelopePeek["shape"] {
  if ("method" in value) return "request";
  return "result" in value || "error" in value ? "response" : "unknown";
}

const invalid = (message: string): RpcErrorObject => ({ code: INVALID_REQUEST, message });
