/** Bytes a chunk of base64 stands for: a multiple of 3, so that no chunk ends inside a base64 group. */
const CHUNK_BYTES = 12 * 32_768;

/** Numbers as text, in chunks with `,` between, to be put together; a step is one chunk. */
export function* packNumbers(numbers: Uint32Array): Generator<void, string[]> {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    if (at > 0) pieces.push(",");
    pieces.push(bytes.toString("base64", at, Math.min(bytes.length, at + CHUNK_BYTES)));
    yield;
  }
  return pieces;
}

/** The numbers behind such text. */
export function* unpackNumbers(text: string): Generator<void, Uint32Array> {
  const chunks = text.split(",");
  const sizes = chunks.map((chunk) => Buffer.byteLength(chunk, "base64"));
  const bytes = Buffer.from(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)));
  let at = 0;
  for (const [place, chunk] of chunks.entries()) {
    bytes.write(chunk, at, "base64");
    at += sizes[place] ?? 0;
    yield;
  }
  return new Uint32Array(bytes.buffer, 0, bytes.byteLength >> 2);
}
