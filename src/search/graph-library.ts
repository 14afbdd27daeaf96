import { createRequire } from "node:module";

/** A graph of vectors that finds the nearest without looking at all of them. */
export interface NativeGraph {
  add(key: bigint, vector: Float32Array, threads: number): void;
  remove(key: bigint): unknown;
  search(vector: Float32Array, most: number, threads: number): { readonly keys: BigUint64Array };
}

export type OpenGraph = (dimensions: number) => NativeGraph;

interface Usearch {
  readonly Index: new (settings: object) => NativeGraph;
}

/** Opens graphs of the package `usearch`; undefined where it is not installed beside us, or not for this machine. */
export function loadUsearch(from = import.meta.url): OpenGraph | undefined {
  try {
    const { Index }: Usearch = createRequire(from)("usearch");
    return (dimensions) =>
      new Index({
        dimensions,
        metric: "cos",
        quantization: "i8",
        connectivity: 16,
        expansion_add: 64,
        expansion_search: 512,
        multi: false,
      });
  } catch {
    return undefined;
  }
}
