/** Words of a sketch: 256 bits. */
export const SKETCH_SIZE = 8;

/** The bit of a word in every sketch. */
export const bitOf = (word: string): number => hash(word) % (SKETCH_SIZE * 32);

/** A fixed-size mark of a set of words, by their bits; two sets overlap about as much as their sketches do. */
export function sketchBits(words: readonly { readonly bit: number }[]): Uint32Array {
  const sketch = new Uint32Array(SKETCH_SIZE);
  for (const { bit } of words) {
    const at = bit >>> 5;
    sketch[at] = (sketch[at] ?? 0) | (1 << (bit & 31));
  }
  return sketch;
}

/** Shared bits over all bits, 0 to 1; two empty sketches are alike. */
export function sketchOverlap(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  let all = 0;
  for (let at = 0; at < SKETCH_SIZE; at += 1) {
    shared += bitCount((a[at] ?? 0) & (b[at] ?? 0));
    all += bitCount((a[at] ?? 0) | (b[at] ?? 0));
  }
  return all === 0 ? 1 : shared / all;
}

/** FNV-1a, 32 bits. */
function hash(word: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) value = Math.imul(value ^ word.charCodeAt(at), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

/** How many of 32 bits are set. */
export function bitCount(bits: number): number {
  let value = bits - ((bits >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
