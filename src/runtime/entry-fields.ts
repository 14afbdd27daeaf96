import * as z from "zod/mini";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";

const STRING_MAP = z.optional(z.record(z.string(), z.string()));

/** Fields every runtime may read although none owns them. */
export const SHARED_SHAPE = {
  env: STRING_MAP,
  headers: STRING_MAP,
  transport: z.optional(z.enum(["stdio", "http", "sse"])),
  replicas: z.optional(z.int()),
};

/** The fields a runtime knows, typed; throws `invalid_argument` that names the first field that is not as the shape says. */
export function readFields<T extends z.core.$ZodShape>(shape: T, fields: JsonObject): z.infer<z.ZodMiniObject<T>> {
  const read = z.object(shape).safeParse(fields);
  if (read.success) return read.data;
  const [problem] = read.error.issues;
  throw invalidField(problem?.path.join(".") ?? "entry", problem?.message ?? "is not valid");
}

/** An `invalid_argument` error about one field of an entry. */
export const invalidField = (field: string, problem: string, hint?: string): GatewayError =>
  new GatewayError("invalid_argument", `${field}: ${problem}`, { hint });

const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a header
const NOT_IN_HEADER_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

/** Refuses header names and values that HTTP cannot carry; a value is never quoted, it may be a secret. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw invalidField(`headers.${name}`, "expected a header name of letters, digits and hyphens");
    if (NOT_IN_HEADER_VALUE.test(value))
      throw invalidField(`headers.${name}`, "expected a value on one line, without control characters");
  }
}
