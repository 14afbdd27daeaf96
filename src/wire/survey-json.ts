import { endOfString } from "./json-depth.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
/** Every number written with fewer characters and no exponent is the double that `JSON.parse` makes of it. */
const LONGEST_SAFE = 15;

/** What one look at JSON text tells before it is parsed. */
export interface Survey {
  readonly tooDeep: boolean;
  /** Keys of all objects together, each as often as it is written. */
  readonly keys: number;
  /** Whether a number may be in it that `JSON.parse` would change. */
  readonly oddNumbers: boolean;
}

/**
 * Looks over JSON text once, without recursion, so it can stand before `JSON.parse`; text that is no JSON gets an answer of
 * no meaning. Stops where the text nests deeper than `maxDepth`.
 */
export function surveyJson(text: Uint8Array, maxDepth: number): Survey {
  let [depth, keys, digits] = [0, 0, 0];
  let oddNumbers = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if ((byte >= ZERO && byte <= NINE) || byte === POINT) {
      digits += 1;
      if (digits > LONGEST_SAFE) oddNumbers = true;
      continue;
    }
    if ((byte === LOWER_E || byte === UPPER_E) && digits > 0) oddNumbers = true;
    digits = 0;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (byte === COLON) keys += 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > maxDepth) return { tooDeep: true, keys, oddNumbers };
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  return { tooDeep: false, keys, oddNumbers };
}
