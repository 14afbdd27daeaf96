/** A growing list of unsigned 32-bit numbers. */
export class Uint32List {
  #items: Uint32Array;
  #length: number;

  constructor(items: Uint32Array = new Uint32Array(0)) {
    this.#items = items;
    this.#length = items.length;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#items[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#items[index] = value;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const items = new Uint32Array(Math.max(64, Math.ceil(this.#length * 1.5)));
      items.set(this.#items);
      this.#items = items;
    }
    this.#items[this.#length] = value;
    this.#length += 1;
  }

  pushAll(values: ArrayLike<number>): void {
    for (let at = 0; at < values.length; at += 1) this.push(values[at] ?? 0);
  }

  /** The numbers as they are now; later pushes may not show. */
  view(start = 0, end = this.#length): Uint32Array {
    return this.#items.subarray(start, end);
  }
}
