import { hash } from "node:crypto";
import { canonicalJson, type JsonObject } from "../model/json.ts";
import type { ToolRef } from "../model/tool.ts";

/** Everything an answer depends on, but for the state of the backend itself: that, its image included, changes with its version. */
export interface CacheKeyParts {
  readonly ref: ToolRef;
  /** Digest of the registry entry, values of its variables included: what runs, and on whose behalf. */
  readonly specDigest: string;
  readonly toolDigest: string;
  readonly args: JsonObject;
  /** What the host said it can do: a backend may answer one that can elicit otherwise. */
  readonly hostCapabilities: JsonObject | undefined;
}

/** SHA-256 (hex) of the parts in canonical form, so that the order of argument keys does not matter. */
export function cacheKey({ ref, specDigest, toolDigest, args, hostCapabilities }: CacheKeyParts): string {
  const parts = [ref.backend, ref.tool, specDigest, toolDigest, args, hostCapabilities ?? null];
  return hash("sha256", canonicalJson(parts), "hex");
}
