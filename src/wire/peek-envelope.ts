import { endOfString } from "./json-depth.ts";
import { isRequestId, type RequestId } from "./request-id.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const ID_IN_HEAD = /^("(?:[^"\\]|\\.)*"|-?\d+)\s*[,}]/s;
const ID_AT_END = /[,{]\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*\}\s*$/s;
const LONGEST_ID_TEXT = 2_048;

/** What can be told of a message that cannot be read whole. */
export interface EnvelopePeek {
  /** A response carries the reader's own id, so it must never be answered. */
  readonly shape: "request" | "response" | "unknown";
  readonly id: RequestId | null;
}

/**
 * Reads the outermost `id` out of JSON that is broken, too deep or cut off. Only members of the outermost object count:
 * an `id` among somebody's arguments would have the wrong request answered.
 */
export function peekEnvelope(text: Buffer): EnvelopePeek {
  let depth = 0;
  let shape: EnvelopePeek["shape"] = "unknown";
  let id: RequestId | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (OPEN.has(byte)) depth += 1;
    else if (CLOSE.has(byte)) depth -= 1;
    if (byte !== QUOTE) continue;
    const end = endOfString(text, at);
    const value = depth === 1 ? startOfValue(text, end + 1) : undefined;
    if (value !== undefined) {
      const key = text.toString("latin1", at + 1, Math.min(end, at + 8));
      if (key === "id") id = readId(ID_IN_HEAD.exec(text.toString("utf8", value, value + LONGEST_ID_TEXT)));
      else if (key === "method") shape = "request";
      else if (key === "result" || key === "error") shape = "response";
    }
    at = end;
  }
  return { shape, id };
}

/** The `id` that stands last in the outermost object, as the official TypeScript clients write it; null if another member does. */
export const peekTrailingId = (tail: Buffer): RequestId | null => readId(ID_AT_END.exec(tail.toString("utf8")));

/** Where the value begins if what ended before `at` was a key. */
function startOfValue(text: Buffer, at: number): number | undefined {
  const colon = skipSpace(text, at);
  return text[colon] === COLON ? skipSpace(text, colon + 1) : undefined;
}

function skipSpace(text: Buffer, at: number): number {
  let next = at;
  while (SPACE.has(text[next] ?? 0)) next += 1;
  return next;
}

function readId(match: RegExpExecArray | null): RequestId | null {
  if (match?.[1] === undefined) return null;
  try {
    const id: unknown = JSON.parse(match[1]);
    return isRequestId(id) ? id : null;
  } catch {
    return null;
  }
}
