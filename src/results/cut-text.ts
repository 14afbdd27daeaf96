/** Where a text may end, the best first; each is searched for in the last part of what fits. */
const BOUNDARIES = ["\n\n", "\n", ". ", " ", ","];
/** How much of what fits may be given up for a better boundary. */
const GIVEN_UP = 0.2;

/**
 * Where to cut a text that goes on from `from`: the end of what takes at most `bytes` as UTF-8, moved back to a paragraph, line,
 * sentence or word if one ends near; never inside a character, and always at least one character on.
 */
export function cutAt(text: string, from: number, bytes: number): number {
  const end = endWithin(text, from, bytes);
  if (end === text.length) return end;
  const least = Math.max(from + 1, end - Math.floor((end - from) * GIVEN_UP));
  const last = text.slice(least, end); // a search back in the whole text would not stop here
  for (const boundary of BOUNDARIES) {
    const at = last.lastIndexOf(boundary);
    if (at !== -1) return least + at + boundary.length;
  }
  return end;
}

function endWithin(text: string, from: number, bytes: number): number {
  if ((text.length - from) * 3 <= bytes) return text.length;
  let left = bytes;
  let at = from;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    if (left < 0 && at > from) return at;
    at += code < 0x1_0000 ? 1 : 2;
  }
  return at;
}
