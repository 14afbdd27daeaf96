import { STRING_SCAN } from "./string-scan-wasm.ts";

type Stop = (at: number, end: number) => number;

interface Scan {
  readonly memory: Uint8Array;
  readonly stringStop: Stop;
  readonly base64Stop: Stop;
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

/** Where text lies in the module's memory, behind its table, and the most of it at a time: what the fast caches hold. */
const TEXT_AT = 256;
const MOST_ROOM = 2 ** 15;
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
  for (const byte of Buffer.from('"\\/bfnrt')) memory[byte] = 1;
  memory[LOWER_U] = 2;
  for (const byte of Buffer.from("0123456789ABCDEFabcdef")) memory[byte] = (memory[byte] ?? 0) | 4;
  return { memory, stringStop: exports.stringStop, base64Stop: exports.base64Stop };
}

const LOWER_U = 0x75;

/** Whether a byte may stand in a string as it is and ends nothing. */
export const IS_PLAIN = new Uint8Array(256).fill(1).fill(0, 0, 0x20);
for (const byte of Buffer.from('"\\')) IS_PLAIN[byte] = 0;

const IS_BASE64 = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) IS_BASE64[byte] = 1;
