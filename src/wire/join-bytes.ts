import { Buffer } from "node:buffer";

/** Bytes, or a whole number from 0 on, which stands for its digits. */
export type Part = Uint8Array | number;

const ZERO = 0x30;

/** Whether JSON writes it as nothing but digits. */
export const isCounted = (id: unknown): id is number =>
  typeof id === "number" && Number.isSafeInteger(id) && id >= 0 && !Object.is(id, -0);

/** How many bytes the parts have together. */
export function bytesOf(parts: readonly Part[]): number {
  let bytes = 0;
  for (const part of parts) bytes += typeof part === "number" ? digitsOf(part) : part.length;
  return bytes;
}

/** The parts behind each other, in a buffer of `bytes`. Short texts are put together faster this way than as strings. */
export function joinBytes(parts: readonly Part[], bytes: number = bytesOf(parts)): Buffer {
  const whole = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "number") at = putDigits(whole, at, part);
    else {
      whole.set(part, at);
      at += part.length;
    }
  }
  return whole;
}

function putDigits(whole: Buffer, at: number, value: number): number {
  const end = at + digitsOf(value);
  for (let [place, left] = [end - 1, value]; place >= at; place -= 1) {
    whole[place] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  return end;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let left = Math.floor(value / 10); left > 0; left = Math.floor(left / 10)) digits += 1;
  return digits;
}
