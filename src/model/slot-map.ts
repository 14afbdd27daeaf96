/**
 * A map for what comes and goes with every call, in the order of arrival. Unlike with a Map, a value that was deleted is garbage at once: V8 grows and
 * compacts a hash table into a new one, to which the old one goes on pointing; once one of them has reached the old generation, all that was in
 * any of them when it was replaced survives until the next full collection. Here the table holds numbers, and the values stand beside it.
 */
export class SlotMap<K, V> {
  readonly #slots = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.size;
  }

  has(key: K): boolean {
    return this.#slots.has(key);
  }

  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  /** Keeps a value under a key; a key that is known keeps its turn. */
  set(key: K, value: V): void {
    const slot = this.#slots.get(key) ?? this.#free.pop() ?? this.#values.length;
    this.#values[slot] = value;
    this.#slots.set(key, slot);
  }

  /** False if nothing was kept under the key. */
  delete(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** All keys of this moment, the oldest first. */
  keys(): K[] {
    return [...this.#slots.keys()];
  }

  /** All values of this moment, the oldest first. */
  values(): V[] {
    return [...this.#slots.values()].map((slot) => this.#values[slot] as V); // a slot that is taken holds a value
  }

  /** The oldest value; undefined if there is none. */
  get first(): V | undefined {
    for (const slot of this.#slots.values()) return this.#values[slot];
    return undefined;
  }
}
