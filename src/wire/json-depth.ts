const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether a value nests arrays and objects deeper than `limit`; to be asked before `JSON.stringify`, `structuredClone` or
 * any recursion over foreign data. Takes trees, as `JSON.parse` makes them.
 */
export function valueExceedsDepth(value: unknown, limit: number): boolean {
  let level = childrenOf([value]);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

/** Where the string that opens at `start` closes, or the end of the text. */
export function endOfString(text: Uint8Array, start: number): number {
  for (let at = text.indexOf(QUOTE, start + 1); at !== -1; at = text.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

const childrenOf = (container: object): object[] => Object.values(container).filter(isContainer);
