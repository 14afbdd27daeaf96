import { Buffer } from "node:buffer";
import type { ConnectOpts } from "node:net";

const READ_BYTES = 64 * 2 ** 10;
/** From here on a copy costs more than new memory does. */
const MUCH_BYTES = READ_BYTES / 2;

/**
 * The option that has a socket read into the same memory again and again, from which short chunks are copied. By itself Node gives
 * each chunk 64 KiB to be read into, which costs more than such a copy. `onChunk` says whether more may come now.
 */
export function intoReusedBuffer(onChunk: (chunk: Buffer) => boolean): Required<Pick<ConnectOpts, "onread">> {
  let memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const take = (bytes: number): Buffer => {
    const chunk = memory.subarray(0, bytes);
    if (bytes < MUCH_BYTES) return Buffer.from(chunk);
    memory = Buffer.allocUnsafeSlow(READ_BYTES);
    return chunk;
  };
  return { onread: { buffer: () => memory, callback: (bytes) => onChunk(take(bytes)) } };
}
