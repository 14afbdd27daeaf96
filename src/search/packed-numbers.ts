const BYTES_A_CHUNK = 3 * 65_536; // a multiple of 3, so that no chunk ends inside a base64 group
/** The most bytes a number takes in `writeNumbers`. */
export const LONGEST_NUMBER = 5;

/** Numbers as text, four bytes each, in pieces to be put together: what is read at every start has to be read fast. */
export function* packWords(numbers: Uint32Array): Generator<void, string[]> {
  return yield* packBytes(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
}

/** The numbers behind such text. */
export function* unpackWords(text: string): Generator<void, Uint32Array> {
  return new Uint32Array((yield* unpackBytes(text)).buffer);
}

/** Bytes as text, in pieces to be put together; a step is one chunk. */
export function* packBytes(bytes: Uint8Array): Generator<void, string[]> {
  const pieces = [String(bytes.length)];
  for (let at = 0; at < bytes.length; at += BYTES_A_CHUNK) {
    const chunk = bytes.subarray(at, at + BYTES_A_CHUNK);
    pieces.push(",", Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("base64"));
    yield;
  }
  return pieces;
}

export function* unpackBytes(text: string): Generator<void, Uint8Array> {
  const [length, ...chunks] = text.split(",");
  const bytes = Buffer.from(new ArrayBuffer(Number(length)));
  for (const [place, chunk] of chunks.entries()) {
    bytes.write(chunk, place * BYTES_A_CHUNK, "base64");
    yield;
  }
  return bytes;
}

/** Seven bits a byte, the last byte of a number without the eighth; gives back how many bytes that took. */
export function writeNumbers(numbers: Uint32Array, bytes: Uint8Array): number {
  let to = 0;
  for (let number of numbers) {
    for (; number > 0x7f; number >>>= 7) {
      bytes[to] = (number & 0x7f) | 0x80;
      to += 1;
    }
    bytes[to] = number;
    to += 1;
  }
  return to;
}

/** Reads all numbers in `bytes` into `numbers`, from `start` on. */
export function readNumbers(bytes: Uint8Array, numbers: Uint32Array, start: number): void {
  let to = start;
  let number = 0;
  let shift = 0;
  for (const byte of bytes) {
    number |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte > 0x7f) continue;
    numbers[to] = number;
    to += 1;
    number = 0;
    shift = 0;
  }
}
