import { Buffer } from "node:buffer";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { GatewayError } from "../../model/errors.ts";
import type { RawObject } from "../../model/raw-result.ts";
import { stringifyExactly } from "../../wire/exact-json.ts";
import { bytesOf, isCounted, type Part } from "../../wire/join-bytes.ts";
import { errorResponse, INTERNAL_ERROR, MESSAGE_BEGINNING, type RequestId } from "../../wire/json-rpc.ts";

/** Longest message in bytes, either way; SDK clients end the session when one exceeds 10 MiB. */
export const MAX_MESSAGE_BYTES = 8 * 2 ** 20;

/** The id a response answers; undefined for requests, notifications and errors that answer nothing readable. */
export const answeredId = (message: JSONRPCMessage): RequestId | undefined => ("method" in message ? undefined : message.id);

/**
 * One line of JSON for the host, at most `room` bytes. A response that cannot be written becomes an error with its id, so that
 * no request stays unanswered; anything else that cannot be written throws `resource_exhausted` or `internal`.
 */
export function encodeMessage(message: JSONRPCMessage, room: number): string {
  try {
    const text = stringifyExactly(message);
    const bytes = Buffer.byteLength(text);
    if (bytes <= Math.min(room, MAX_MESSAGE_BYTES)) return text;
    throw tooLarge(bytes);
  } catch (cause) {
    const failure =
      cause instanceof GatewayError ? cause : new GatewayError("internal", "Cannot write the message as JSON", { cause });
    const id = answeredId(message);
    if (id === undefined) throw failure;
    const hint = failure.hint === undefined ? "" : `. ${failure.hint}`;
    return stringifyExactly(errorResponse(id, { code: INTERNAL_ERROR, message: `${failure.message}${hint}` }));
  }
}

/** The parts of the answer with a result in its own bytes; undefined if it is too large, which `encodeMessage` tells. */
export function encodeRaw(id: RequestId, { pieces }: RawObject, room: number): readonly Part[] | undefined {
  const line = [MESSAGE_BEGINNING, isCounted(id) ? id : Buffer.from(JSON.stringify(id)), MIDDLE, ...pieces, CLOSE];
  return bytesOf(line) <= Math.min(room, MAX_MESSAGE_BYTES) ? line : undefined;
}

const MIDDLE = Buffer.from(',"result":');
const CLOSE = Buffer.from("}");

const tooLarge = (bytes: number): GatewayError =>
  bytes > MAX_MESSAGE_BYTES
    ? new GatewayError("resource_exhausted", `Response has ${bytes} bytes, the limit is ${MAX_MESSAGE_BYTES}`, {
        hint: "Ask for less at a time",
      })
    : new GatewayError("resource_exhausted", "Cannot queue the response: the host has not read the ones before it");
