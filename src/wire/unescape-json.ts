import { Buffer } from "node:buffer";
import { unescapeInto } from "./string-scan.ts";

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const UNIT_BYTES = 6;
const NO_TEXT = 0xfffd;
/** The first character that UTF-16 writes as a pair. */
const FIRST_PAIR = 0x1_0000;
/** Where text goes that is only counted. */
const UNREAD = Buffer.alloc(16_384);
/** How much memory may stay unused, as a part of the text, before it is worth a copy. */
const SLACK = 0.1;

/**
 * What a valid JSON string means, given the bytes between its quotes: UTF-8 on memory of its own. No string is made on the way, which
 * V8 keeps in twice the bytes for a single letter beyond Latin-1. Half a surrogate pair, which is no text, becomes U+FFFD. Comes to an end
 * for any bytes; what it makes of an escape that is none is not said.
 */
export function unescapeJson(raw: Uint8Array): Buffer {
  const text = Buffer.allocUnsafeSlow(raw.length); // an escape is never shorter than what it stands for
  let [at, to] = [0, 0];
  while (at < raw.length) {
    ({ at, to } = unescapeInto(text, to, raw, at));
    if (at < raw.length && unitAt(raw, at) === undefined) at += 1; // no escape: go on behind it
    for (let code = codeAt(raw, at); code !== undefined; code = codeAt(raw, at)) {
      to = put(text, to, code);
      at += code < FIRST_PAIR ? UNIT_BYTES : 2 * UNIT_BYTES;
    }
  }
  return raw.length - to <= to * SLACK ? text.subarray(0, to) : shortened(text, to);
}

/** How many bytes of a valid JSON string mean the first `bytes` of its text, which end where a character does. */
export function escapedLength(raw: Uint8Array, bytes: number): number {
  let [at, left] = [0, bytes];
  while (left > 0 && at < raw.length) {
    const came = unescapeInto(UNREAD, 0, raw.subarray(0, at + Math.min(left, UNREAD.length)), at);
    at = came.at;
    left -= came.to;
    for (let code = codeAt(raw, at); code !== undefined && left > 0; code = codeAt(raw, at)) {
      at += code < FIRST_PAIR ? UNIT_BYTES : 2 * UNIT_BYTES;
      left -= utf8Bytes(code);
    }
    if (came.to > 0 || left === 0 || raw[at] !== BACKSLASH) continue;
    at += 2; // an escape of one letter that the end of what was looked at has cut
    left -= 1;
  }
  return at;
}

/** The character whose escape in hex digits begins there. */
function codeAt(raw: Uint8Array, at: number): number | undefined {
  const high = unitAt(raw, at);
  if (high === undefined || !isHigh(high)) return high;
  const low = unitAt(raw, at + UNIT_BYTES);
  return low !== undefined && isLow(low) ? FIRST_PAIR + ((high - 0xd800) << 10) + (low - 0xdc00) : high;
}

/** The unit of UTF-16 whose escape begins there. */
function unitAt(raw: Uint8Array, at: number): number | undefined {
  if (raw[at] !== BACKSLASH || raw[at + 1] !== LOWER_U) return undefined;
  let unit = 0;
  for (let digit = at + 2; digit < at + UNIT_BYTES; digit += 1) unit = unit * 16 + hexValue(raw[digit] as number);
  return unit;
}

const hexValue = (digit: number): number => (digit < 0x3a ? digit - 0x30 : (digit | 0x20) - 0x57);
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/** Writes a character as UTF-8 (RFC 3629); answers where the next one goes. */
function put(text: Uint8Array, at: number, unit: number): number {
  const code = isHigh(unit) || isLow(unit) ? NO_TEXT : unit;
  const bytes = utf8Bytes(code);
  let left = code;
  for (let last = at + bytes - 1; last > at; last -= 1, left >>= 6) text[last] = 0x80 | (left & 0x3f);
  text[at] = bytes === 1 ? left : ((0xf00 >> bytes) & 0xff) | left;
  return at + bytes;
}

const utf8Bytes = (code: number): number => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < FIRST_PAIR ? 3 : 4);

function shortened(text: Buffer, bytes: number): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes);
  text.copy(own, 0, 0, bytes);
  return own;
}
