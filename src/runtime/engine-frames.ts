/** One piece of a container's output: `stdout` is 1, `stderr` is 2. */
export type FrameHandler = (stream: 1 | 2, payload: Buffer) => void;

const HEADER_BYTES = 8;

/**
 * Takes apart the engine's multiplexed output: a header of 8 bytes (stream, three zeros, length as big-endian u32), then the
 * payload. Payloads are handed on as they arrive, without copying; a frame may come in several pieces.
 */
export class FrameReader {
  readonly #onFrame: FrameHandler;
  #header = Buffer.alloc(0);
  #stream: 1 | 2 = 1;
  #left = 0;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes; gives back false as soon as they are no frames. */
  push(chunk: Buffer): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const payload = rest.subarray(0, this.#left);
        this.#left -= payload.length;
        rest = rest.subarray(payload.length);
        this.#onFrame(this.#stream, payload);
        continue;
      }
      const missing = HEADER_BYTES - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length === HEADER_BYTES && !this.#open(this.#header)) return false;
    }
    return true;
  }

  #open(header: Buffer): boolean {
    const stream = header[0] ?? 255;
    if (stream > 2 || header.readUIntBE(1, 3) !== 0) return false;
    this.#stream = stream === 2 ? 2 : 1;
    this.#left = header.readUInt32BE(4);
    this.#header = Buffer.alloc(0);
    return true;
  }
}

/** The lines in a multiplexed log, both streams mixed as they were written. */
export function framedLines(bytes: Buffer): string[] {
  const pieces: Buffer[] = [];
  new FrameReader((_, payload) => pieces.push(payload)).push(bytes);
  return Buffer.concat(pieces)
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}
