import { createHash } from "node:crypto";
import { canonicalJson } from "../model/json.ts";

/** SHA-256 over the canonical JSON of a value, in hex: equal values have equal digests, and none gives its value away. */
export const digestOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex");
