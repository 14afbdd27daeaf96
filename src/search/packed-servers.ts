import type { Generation, ServerRange } from "./generation.ts";
import { packItems, unpackItems } from "./packed-items.ts";
import { LONGEST_NUMBER, packBytes, readNumbers, unpackBytes, writeNumbers } from "./packed-numbers.ts";

/** Versions of the servers' tools, by server. */
export type Versions = ReadonlyMap<string, string | undefined>;

/** A server as it is written; its frequencies are that many numbers, which end there in the bytes of all. */
interface PackedServer extends Pick<ServerRange, "server" | "folded" | "first" | "end" | "names"> {
  readonly version: string | undefined;
  readonly numbers: number;
  readonly bytesEnd: number;
}

/** The servers as two lines, in pieces to be put together. */
export function* packServers({ servers }: Generation, versions: Versions): Generator<void, string[]> {
  const packed: PackedServer[] = [];
  const pieces: Uint8Array[] = [];
  let bytesEnd = 0;
  for (const { frequencies, ...range } of servers.values()) {
    const bytes = new Uint8Array(frequencies.length * LONGEST_NUMBER);
    const used = writeNumbers(frequencies, bytes);
    pieces.push(bytes.slice(0, used));
    bytesEnd += used;
    packed.push({ ...range, version: versions.get(range.server), numbers: frequencies.length, bytesEnd });
    yield;
  }
  const text = yield* packItems(packed);
  text.push("\n", ...(yield* packBytes(Buffer.concat(pieces))));
  return text;
}

/** The servers behind such lines; what terms a server has is read when it is wanted, which is when its tools change. */
export function* unpackServers(lines: Iterator<string>) {
  const packed = yield* unpackItems<PackedServer>(lines.next().value ?? ""); // the seal vouches for the shape
  const bytes = yield* unpackBytes(lines.next().value ?? "");
  const ranges = packed.map(({ version: _, numbers, bytesEnd, ...range }, at): ServerRange => {
    const own = bytes.subarray(packed[at - 1]?.bytesEnd ?? 0, bytesEnd);
    return {
      ...range,
      get frequencies() {
        const frequencies = new Uint32Array(numbers);
        readNumbers(own, frequencies, 0);
        return frequencies;
      },
    };
  });
  const versions: Versions = new Map(packed.map(({ server, version }) => [server, version]));
  return { ranges, versions };
}
