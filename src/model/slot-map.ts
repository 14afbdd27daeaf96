const ANCHOR = Symbol("anchor");

/**
 * A map for what comes and goes with every call, in the order of arrival. Unlike with a Map, a value that was deleted is garbage at once: V8 grows and
 * compacts a hash table into a new one, to which the old one goes on pointing; once one of them has reached the old generation, all that was in
 * any of them when it was replaced survives until the next full collection. Here the table holds numbers, and the values stand beside it.
 */
export class SlotMap<K, V> {
  /** Never empty: a Map that becomes empty is shrunk with every deletion, outside of compiled code. */
  readonly #slots = new Map<K | typeof ANCHOR, number>([[ANCHOR, 0]]);
  readonly #values: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.size - 1;
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
    return [...this.#slots.keys()].slice(1) as K[]; // the anchor is the oldest
  }

  /** All values of this moment, the oldest first. */
  values(): V[] {
    return this.keys().map((key) => this.get(key) as V); // a slot that is taken holds a value
  }

  /** The oldest value; undefined if there is none. */
  get first(): V | undefined {
    const slots = this.#slots.values();
    slots.next(); // the anchor
    const { value: slot } = slots.next();
    return slot === undefined ? undefined : this.#values[slot];
  }
}
