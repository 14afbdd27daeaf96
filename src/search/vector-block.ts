import { createHash } from "node:crypto";

/** A vector with a byte a number, to be multiplied by its scale. */
export interface ByteVector {
  readonly scale: number;
  readonly values: Int8Array;
}

/** The vectors of one server's tools, one after the other; never changed. */
export interface VectorBlock {
  readonly server: string;
  readonly tools: readonly string[];
  /** What each vector was made of. */
  readonly hashes: readonly string[];
  readonly dimensions: number;
  readonly scales: Float32Array;
  readonly values: Int8Array;
}

/** A tool as a block takes it in. */
export interface EmbeddedTool {
  readonly tool: string;
  readonly hash: string;
  readonly vector: ByteVector;
}

const FORMAT = 1;
const LARGEST = 127;

/** Brings a vector to bytes: a quarter of the memory and of the file, and the same in this process as in the next. */
export function toBytes(vector: Float32Array): ByteVector {
  const largest = vector.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  const scale = Math.fround(largest / LARGEST);
  return { scale, values: Int8Array.from(vector, (number) => Math.round(number / scale)) };
}

export function makeBlock(server: string, dimensions: number, tools: readonly EmbeddedTool[]): VectorBlock {
  const values = new Int8Array(tools.length * dimensions);
  for (const [at, { vector }] of tools.entries()) values.set(vector.values, at * dimensions);
  return {
    server,
    tools: tools.map(({ tool }) => tool),
    hashes: tools.map(({ hash }) => hash),
    dimensions,
    scales: Float32Array.from(tools, ({ vector }) => vector.scale),
    values,
  };
}

export const vectorAt = ({ scales, values, dimensions }: VectorBlock, at: number): ByteVector => ({
  scale: scales[at] ?? 0,
  values: values.subarray(at * dimensions, (at + 1) * dimensions),
});

/** A block as text for `unpackBlock`, with the name of what made it; a seal over it all tells damage. */
export function packBlock({ server, tools, hashes, dimensions, scales, values }: VectorBlock, maker: string): string {
  const head = JSON.stringify({ format: FORMAT, maker, server, tools, hashes, dimensions });
  const rest = [head, toBase64(scales), toBase64(values)].join("\n");
  return `${sealOf(rest)}\n${rest}`;
}

/** The block in such a text; undefined for one that is damaged, or of another making. */
export function unpackBlock(text: string, maker: string): VectorBlock | undefined {
  const cut = text.indexOf("\n");
  const rest = text.slice(cut + 1);
  if (sealOf(rest) !== text.slice(0, cut)) return undefined;
  const [head = "", scales = "", values = ""] = rest.split("\n");
  const { format, maker: madeBy, ...known }: Head = JSON.parse(head); // the seal vouches for the shape
  if (format !== FORMAT || madeBy !== maker) return undefined;
  const bytes = fromBase64(values);
  return { ...known, scales: new Float32Array(fromBase64(scales).buffer), values: new Int8Array(bytes.buffer) };
}

interface Head extends Pick<VectorBlock, "server" | "tools" | "hashes" | "dimensions"> {
  readonly format: number;
  readonly maker: string;
}

const sealOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const toBase64 = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** Bytes in a buffer of their own: those of a Buffer may begin anywhere in a shared one. */
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
