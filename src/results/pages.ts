import { cutAt } from "./cut-text.ts";

/** Where each page of a text begins; a page takes at most `bytes`, and a text has at least one. */
export function pageStarts(text: string, bytes: number): readonly number[] {
  const starts = [0];
  for (let at = cutAt(text, 0, bytes); at < text.length; at = cutAt(text, at, bytes)) starts.push(at);
  return starts;
}

/** One page of a text, counted from 1. */
export const pageOf = (text: string, starts: readonly number[], page: number): string =>
  text.slice(starts[page - 1] ?? text.length, starts[page]);
