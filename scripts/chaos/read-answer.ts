import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Claim } from "./journal.ts";

/** An answer to `invoke` as the play sees it. */
export type Answer =
  | { readonly kind: "ok"; readonly text: string }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly claim: Claim;
      readonly retryAfterMs: number;
      readonly text: string;
    }
  | { readonly kind: "refused"; readonly text: string };

/** Reads an answer; `refused` is a JSON-RPC error or a result of no known form. */
export function readAnswer({ result, error }: JsonObject): Answer {
  if (!isJsonObject(result)) return { kind: "refused", text: JSON.stringify(error) };
  const text = textOf(result);
  if (result["isError"] !== true) return { kind: "ok", text };
  const facts = isJsonObject(result["structuredContent"]) ? result["structuredContent"]["error"] : undefined;
  if (!isJsonObject(facts)) return { kind: "refused", text };
  const retryAfterMs = Number(facts["retryAfterMs"] ?? 0);
  return { kind: "failed", code: String(facts["code"]), claim: claimOf(facts["outcome"]), retryAfterMs, text };
}

const claimOf = (outcome: unknown): Claim =>
  outcome === "not_executed" || outcome === "unknown" || outcome === "executed" ? outcome : "none";

function textOf({ content }: JsonObject): string {
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return isJsonObject(first) ? String(first["text"]) : "";
}
