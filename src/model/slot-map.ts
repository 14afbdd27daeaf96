const FEW_BUCKETS = 16;
const NONE = -1;
/** 2^32 over the golden ratio (Knuth 1973, vol. 3, 6.4), which spreads ids that are counted up by any step. */
const SPREAD = 0x9e37_79b1;
/** FNV-1a (Fowler, Noll, Vo 1991). */
const FNV = { start: 0x811c_9dc5, prime: 0x0100_0193 };

/**
 * A map for what comes and goes with every call, in the order of arrival. Unlike with a Map, what was deleted is garbage at once, and
 * nothing is allocated for what comes: V8 replaces a hash table in use by a new one again and again, to which the old one goes on
 * pointing, so that once one of them is old, all that follow survive until the next full collection. Here a table stays what it is,
 * with open addressing and deletion by moving back (Knuth 1973, vol. 3, 6.4, algorithm R). It never becomes smaller.
 */
export class SlotMap<K extends string | number, V> {
  /** The slot each bucket leads to. */
  #buckets = new Int32Array(FEW_BUCKETS).fill(NONE);
  readonly #keys: (K | undefined)[] = [];
  readonly #values: (V | undefined)[] = [];
  readonly #hashes: number[] = [];
  /** The slots that came before and after each; the next free slot, of a free one. */
  readonly #before: number[] = [];
  readonly #after: number[] = [];
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: K): boolean {
    return this.#slotOf(key) !== NONE;
  }

  get(key: K): V | undefined {
    const slot = this.#slotOf(key);
    return slot === NONE ? undefined : this.#values[slot];
  }

  /** Keeps a value under a key; a key that is known keeps its turn. */
  set(key: K, value: V): void {
    const hash = hashOf(key);
    const known = this.#buckets[this.#bucketOf(key, hash)] as number;
    if (known === NONE) this.#add(key, hash, value);
    else this.#values[known] = value;
  }

  /** False if nothing was kept under the key. */
  delete(key: K): boolean {
    const bucket = this.#bucketOf(key, hashOf(key));
    const slot = this.#buckets[bucket] as number;
    if (slot === NONE) return false;
    this.#empty(bucket);
    this.#unlink(slot);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#after[slot] = this.#free;
    this.#free = slot;
    this.#size -= 1;
    return true;
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** All keys of this moment, the oldest first. */
  keys(): K[] {
    return this.#slots().map((slot) => this.#keys[slot] as K);
  }

  /** All values of this moment, the oldest first. */
  values(): V[] {
    return this.#slots().map((slot) => this.#values[slot] as V);
  }

  /** The oldest value; undefined if there is none. */
  get first(): V | undefined {
    return this.#oldest === NONE ? undefined : this.#values[this.#oldest];
  }

  #slots(): number[] {
    const slots: number[] = [];
    for (let slot = this.#oldest; slot !== NONE; slot = this.#after[slot] as number) slots.push(slot);
    return slots;
  }

  #slotOf(key: K): number {
    return this.#buckets[this.#bucketOf(key, hashOf(key))] as number;
  }

  /** The bucket of a key, or the empty one where it would go. */
  #bucketOf(key: K, hash: number): number {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let bucket = hash & mask;
    for (let slot = buckets[bucket]; slot !== NONE && this.#keys[slot as number] !== key; slot = buckets[bucket])
      bucket = (bucket + 1) & mask;
    return bucket;
  }

  #add(key: K, hash: number, value: V): void {
    this.#size += 1;
    if (2 * this.#size > this.#buckets.length) this.#grow();
    const slot = this.#freeSlot();
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#hashes[slot] = hash;
    this.#buckets[this.#bucketOf(key, hash)] = slot;
    this.#before[slot] = this.#newest;
    this.#after[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#after[this.#newest] = slot;
    this.#newest = slot;
  }

  #freeSlot(): number {
    const slot = this.#free;
    if (slot === NONE) return this.#keys.length;
    this.#free = this.#after[slot] as number;
    return slot;
  }

  #unlink(slot: number): void {
    const before = this.#before[slot] as number;
    const after = this.#after[slot] as number;
    if (before === NONE) this.#oldest = after;
    else this.#after[before] = after;
    if (after === NONE) this.#newest = before;
    else this.#before[after] = before;
  }

  /** Empties a bucket, and moves those back that stand behind their own because of it. */
  #empty(bucket: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let hole = bucket;
    for (let at = (hole + 1) & mask; buckets[at] !== NONE; at = (at + 1) & mask) {
      const slot = buckets[at] as number;
      const strayed = (at - (this.#hashes[slot] as number)) & mask;
      if (strayed < ((at - hole) & mask)) continue;
      buckets[hole] = slot;
      hole = at;
    }
    buckets[hole] = NONE;
  }

  #grow(): void {
    this.#buckets = new Int32Array(2 * this.#buckets.length).fill(NONE);
    for (const slot of this.#slots()) this.#buckets[this.#bucketOf(this.#keys[slot] as K, this.#hashes[slot] as number)] = slot;
  }
}

function hashOf(key: string | number): number {
  if (typeof key === "number") return Math.imul(key, SPREAD) >>> 8;
  let hash = FNV.start;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), FNV.prime);
  return hash >>> 1;
}
