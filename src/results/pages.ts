import type { Buffer } from "node:buffer";
import { cutAt } from "./cut-text.ts";

/** Where each page of a text, given as UTF-8, begins; a page takes at most `bytes`, and a text has at least one. */
export function pageStarts(text: Buffer, bytes: number): readonly number[] {
  const starts = [0];
  for (let at = cutAt(text, 0, bytes); at < text.length; at = cutAt(text, at, bytes)) starts.push(at);
  return starts;
}

/** One page of a text, counted from 1. */
export const pageOf = (text: Buffer, starts: readonly number[], page: number): string =>
  text.toString("utf8", starts[page - 1] ?? text.length, starts[page]);
