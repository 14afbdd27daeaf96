import { STRING_SCAN } from "./string-scan-wasm.ts";

type Stop = (at: number, end: number) => number;

interface Scan {
  readonly memory: Uint8Array;
  readonly stringStop: Stop;
  readonly base64Stop: Stop;
  readonly unescape: (at: number, end: number, to: number) => number;
}

/** What of the global namespace is used, whose types Node's own leave out. */
interface Wasm {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (
      module: object,
    ) => { readonly exports: Omit<Scan, "memory"> & { readonly memory: { buffer: ArrayBuffer } } };
  };
}

/** Where text lies in the module's memory, behind its tables, and the most of it at a time: what the fast caches hold. */
const TEXT_AT = 512;
const MOST_ROOM = 2 ** 15;
/** Where unescaped text is written, which needs as much room again. */
const OUT_AT = 2 ** 15;
const MOST_UNESCAPED = 2 ** 14;
/** Strings of a few hundred bytes are the rule, so little is copied at first. */
const FIRST_ROOM = 256;
/** The longest escape; one that the end of a block cuts is looked at again in the next. */
const ESCAPE_BYTES = 6;

/** Opened with the first long string; null where this Node runs no WebAssembly or no SIMD. */
let opened: Scan | null | undefined;

/**
 * Where in a string, from any place outside of an escape, a byte stands that its reader has to look at: a quote, a control
 * character, a backslash that perhaps begins no valid escape; or where the text ends. All bytes before it are fine.
 */
export function stringStop(text: Uint8Array, from: number): number {
  const scan = theScan();
  if (scan) return stopIn(text, from, text.length, scan.memory, scan.stringStop);
  let at = from;
  while (IS_PLAIN[text[at] ?? 0] === 1) at += 1;
  return at;
}

/** Whether all bytes between the two places are digits of base64. */
export function isBase64(text: Uint8Array, from: number, to: number): boolean {
  const scan = theScan();
  let at = scan ? stopIn(text, from, to, scan.memory, scan.base64Stop) : from;
  while (at < to && IS_BASE64[text[at] ?? 0] === 1) at += 1; // of sixteen bytes one is no digit, or they are the last ones
  return at === to;
}

/** How far unescaping came, and up to where it has written. */
export interface Unescaped {
  readonly at: number;
  readonly to: number;
}

/** Writes to `out` what a valid string means, from any place outside of an escape up to its end or to an escape in hex digits. */
export function unescapeInto(out: Uint8Array, to: number, text: Uint8Array, from: number): Unescaped {
  const scan = theScan();
  return scan ? unescapeBlocks(scan, out, to, text, from) : unescapeBytes(out, to, text, from);
}

function unescapeBlocks(scan: Scan, out: Uint8Array, to: number, text: Uint8Array, from: number): Unescaped {
  let [at, written] = [from, to];
  for (let room = FIRST_ROOM; at < text.length; room = Math.min(4 * room, MOST_UNESCAPED)) {
    const length = Math.min(room, text.length - at);
    scan.memory.set(text.subarray(at, at + length), TEXT_AT);
    const came = scan.unescape(TEXT_AT, TEXT_AT + length, OUT_AT);
    const [took, wrote] = [came >>> 16, came & 0xffff];
    out.set(scan.memory.subarray(OUT_AT, OUT_AT + wrote), written);
    at += took;
    written += wrote;
    if (took === 0 || took < length - 1) break; // the end of the block may stand in an escape
  }
  return { at, to: written };
}

function unescapeBytes(out: Uint8Array, to: number, text: Uint8Array, from: number): Unescaped {
  let [at, written] = [from, to];
  for (; at < text.length; at += 1, written += 1) {
    const byte = text[at] as number;
    if (byte === BACKSLASH) {
      const meaning = MEANING[text[at + 1] ?? 0] as number;
      if (meaning === 0) break;
      out[written] = meaning;
      at += 1;
    } else out[written] = byte;
  }
  return { at, to: written };
}

function stopIn(text: Uint8Array, from: number, to: number, memory: Uint8Array, stop: Stop): number {
  let at = from;
  for (let room = FIRST_ROOM; at < to; room = Math.min(4 * room, MOST_ROOM)) {
    const end = Math.min(at + room, to);
    memory.set(text.subarray(at, end), TEXT_AT);
    at = Math.min(at + stop(TEXT_AT, TEXT_AT + end - at) - TEXT_AT, end); // what it sees behind the end is of an older text
    if (at < end && (end === to || end - at >= ESCAPE_BYTES)) return at;
  }
  return to;
}

function theScan(): Scan | null {
  if (opened === undefined) {
    try {
      opened = open();
    } catch {
      opened = null; // slower, and no different otherwise
    }
  }
  return opened;
}

function open(): Scan {
  const { Module, Instance } = (globalThis as unknown as Wasm).WebAssembly;
  const { exports } = new Instance(new Module(Buffer.from(STRING_SCAN, "base64")));
  const memory = new Uint8Array(exports.memory.buffer);
  for (const [letter, byte] of MEANING.entries()) memory[letter] = byte === 0 ? 0 : 1;
  memory.set(MEANING, MEANINGS_AT);
  memory[LOWER_U] = 2;
  for (const byte of Buffer.from("0123456789ABCDEFabcdef")) memory[byte] = (memory[byte] ?? 0) | 4;
  return { memory, stringStop: exports.stringStop, base64Stop: exports.base64Stop, unescape: exports.unescape };
}

const LOWER_U = 0x75;
const BACKSLASH = 0x5c;
const MEANINGS_AT = 256;

/** The byte that an escape of one letter stands for; 0 where there is none. */
const MEANING = new Uint8Array(256);
for (const pair of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) MEANING[pair.charCodeAt(0)] = pair.charCodeAt(1);

/** Whether a byte may stand in a string as it is and ends nothing. */
export const IS_PLAIN = new Uint8Array(256).fill(1).fill(0, 0, 0x20);
for (const byte of Buffer.from('"\\')) IS_PLAIN[byte] = 0;

const IS_BASE64 = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) IS_BASE64[byte] = 1;
