const ITEMS_A_STEP = 2_048;

/** Items as JSON arrays of some thousands each, with a tab between, which stands nowhere in JSON; in pieces to be put together. */
export function* packItems(items: readonly unknown[]): Generator<void, string[]> {
  const pieces: string[] = [];
  for (let at = 0; at < items.length; at += ITEMS_A_STEP) {
    pieces.push(at > 0 ? "\t" : "", JSON.stringify(items.slice(at, at + ITEMS_A_STEP)));
    yield;
  }
  return pieces;
}

/** The items behind such text; who calls must know that they are of this type. */
export function* unpackItems<T>(line: string): Generator<void, T[]> {
  const items: T[] = [];
  for (let at = 0; at < line.length; ) {
    const tab = line.indexOf("\t", at);
    const end = tab < 0 ? line.length : tab;
    for (const item of JSON.parse(line.slice(at, end)) as T[]) items.push(item);
    at = end + 1;
    yield;
  }
  return items;
}
