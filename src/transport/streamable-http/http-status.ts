import { SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { type ErrorContext, GatewayError, type RpcErrorObject } from "../../model/errors.ts";
import { parseMessage, type RequestId } from "../../wire/json-rpc.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { discard } from "./http-pool.ts";

/** As much of a refusal's body as is read; the rest is dropped. */
const MAX_REFUSAL_BYTES = 64 * 2 ** 10;

/** An answer that is no success: its status, the beginning of its body, and the JSON-RPC error in it, if there is one. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
  readonly rpc: { readonly id: RequestId | null; readonly error: RpcErrorObject } | undefined;
}

/** Reads the body of an answer that is no success, up to 64 KiB. */
export async function readRefusal(answer: HttpAnswer, wallTime: number): Promise<Refusal> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, MAX_REFUSAL_BYTES - bytes));
      bytes += chunk.length;
      if (bytes >= MAX_REFUSAL_BYTES) break;
    }
  } catch {
    discard(answer.body); // the status alone says enough
  }
  const body = Buffer.concat(chunks);
  const text = body.toString("utf8");
  const retryAfter = answer.headers["retry-after"];
  const retryAfterMs = parseRetryAfter(typeof retryAfter === "string" ? retryAfter : undefined, wallTime);
  return { status: answer.statusCode, text, retryAfterMs, rpc: rpcErrorIn(body) };
}

/** What a refusal means, in the two forms it is needed in. */
export interface RefusalError {
  readonly gateway: GatewayError;
  /**
   * What the SDK is to see: an `SdkHttpError` (its cause is `gateway`) for the statuses with which a backend of the other
   * protocol era may answer, because the SDK's era probe looks at nothing else; `gateway` itself for all others.
   */
  readonly thrown: GatewayError | SdkHttpError;
}

/** Translates a refusal. 401, 403, 429, redirects and server errors are no evidence of the backend's era. */
export function refusalError(backend: string, refusal: Refusal): RefusalError {
  const gateway = translate(backend, refusal);
  const { status, text } = refusal;
  if (status < 400 || status >= 500 || status === 401 || status === 403 || status === 429) return { gateway, thrown: gateway };
  const facts = { status, statusText: "", text };
  return { gateway, thrown: new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, gateway.message, facts, { cause: gateway }) };
}

function translate(backend: string, refusal: Refusal): GatewayError {
  const { status: httpStatus, retryAfterMs } = refusal;
  const facts: ErrorContext = { backend, httpStatus, retryAfterMs, rpc: refusal.rpc?.error };
  if (httpStatus === 429)
    return new GatewayError("unavailable", `Cannot call "${backend}": it asks for fewer requests (HTTP 429)`, {
      ...facts,
      outcome: "not_executed",
      hint: "Wait before you call it again",
    });
  if (httpStatus >= 500)
    return new GatewayError("unavailable", `Cannot call "${backend}": it failed with HTTP ${httpStatus}`, facts);
  return new GatewayError("upstream_rejected", `Cannot call "${backend}": it refused the request with HTTP ${httpStatus}`, {
    ...facts,
    hint: hintFor(backend, httpStatus),
  });
}

function hintFor(backend: string, status: number): string {
  if (status === 401) return `Check the authorization header of "${backend}" in the registry: it is missing, wrong or expired`;
  if (status === 403) return `The credentials of "${backend}" in the registry do not allow this`;
  if (status < 400) return `Redirects are not followed: put the final address into the url of "${backend}"`;
  if (status === 404 || status === 405) return `Check the path in the url of "${backend}": MCP is often served at /mcp`;
  return `Check the url and headers of "${backend}" in the registry`;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** `Retry-After` in milliseconds from now, given as seconds or as a date (RFC 9110, section 10.2.3); undefined for anything else. */
export function parseRetryAfter(value: string | undefined, wallTime: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
}

function rpcErrorIn(body: Buffer): Refusal["rpc"] {
  const parsed = parseMessage(body);
  return parsed.kind === "response" && "error" in parsed.message ? parsed.message : undefined;
}
