/** How much is shown around a place, on either side, where its line is longer. */
const AROUND = 200;
const MOST_PLACES = 1_000;

/** The places at which a text was found, one a line, in their order. */
export interface FoundText {
  readonly lines: readonly string[];
  /** Whether there may be more than are listed. */
  readonly more: boolean;
}

/**
 * Finds a piece of text, whatever its case, and shows each place with the number of its line. Plain text and no expression, so
 * that no search takes longer than a few looks at every character.
 */
export function findText(text: string, piece: string): FoundText {
  const [lowerText, lowerPiece] = [text.toLowerCase(), piece.toLowerCase()];
  const [hay, needle] = lowerText.length === text.length ? [lowerText, lowerPiece] : [text, piece]; // a few letters grow
  const lines: string[] = [];
  let number = 1;
  let counted = 0;
  for (let at = hay.indexOf(needle); at !== -1; ) {
    if (lines.length === MOST_PLACES) return { lines, more: true };
    for (let end = text.indexOf("\n", counted); end !== -1 && end < at; end = text.indexOf("\n", counted)) {
      number += 1;
      counted = end + 1;
    }
    const { shown, end } = placeAt(text, counted, at, at + needle.length);
    lines.push(`${number}: ${shown}`);
    at = hay.indexOf(needle, Math.max(end, at + needle.length));
  }
  return { lines, more: false };
}

/** The line around a place, or the part of it that is near; the whole line counts as shown, so it is listed once. */
function placeAt(text: string, lineStart: number, from: number, to: number): { readonly shown: string; readonly end: number } {
  const near = text.slice(to, to + AROUND);
  const newline = near.indexOf("\n");
  const end = to + (newline === -1 ? near.length : newline);
  const start = Math.max(lineStart, from - AROUND);
  const isWhole = newline !== -1 || end === text.length;
  return { shown: `${start > lineStart ? "…" : ""}${text.slice(start, end)}${isWhole ? "" : "…"}`, end };
}
