const ASCII_WORDS = /[A-Za-z0-9]+/g;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
const NOT_ASCII = /[^\0-\x7f]/;
const ACCENTED = /[\u00c0-\u024f\u1e00-\u1eff]/g;
const COMBINING = /\p{M}/gu;
/** Scripts written without spaces: kana, Han, Hangul, Thai, Lao, Khmer. */
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1780-\u17ff]/;
const MIXED_CASE = /[a-z0-9][A-Z]|[A-Z]{2}[a-z]/;

/** `PRs`, `VMs`: stemming would leave their s on. */
const ACRONYMS = /^[A-Z]{2,5}s$/;

const LONGEST_WORD = 40;
const LONGEST_STOP_WORD = 6;
const LONGEST_BRAND = 20;

/** Words that say nothing about which tool is meant. The verbs of tools (list, get, find, show, search) are not among them. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a an the of to for in on at by with from and or is are was be been it its this that these those i me my we our you your as if " +
    "so do does did can could should would will may might must have has had but than then too very just into there here what " +
    "which who how when where why please want need let us also etc"
  ).split(" "),
);

/**
 * The words of a text, lower-case, stop words left out, at most `limit`. Identifiers are split and kept whole as well
 * (`"getMySQLTable"`: getmysqltable, get, sql, table and so on), so that a brand such as MySQL stays one word; scripts without spaces
 * become overlapping pairs of characters.
 */
export function tokenize(text: string, limit = Number.POSITIVE_INFINITY): string[] {
  const tokens: string[] = [];
  const isAscii = !NOT_ASCII.test(text);
  for (const word of (isAscii ? text.match(ASCII_WORDS) : foldLetters(text).match(WORDS)) ?? []) {
    if (tokens.length >= limit) break;
    if (!isAscii && UNSPACED.test(word)) addPairs(word.toLowerCase(), tokens);
    else addWord(word, tokens);
  }
  return tokens.length > limit ? tokens.slice(0, limit) : tokens;
}

/** Letters and digits alone, lower-case: `"list-Issues"` and `"list_issues"` are the same name. */
export function foldName(name: string): string {
  if (!NOT_ASCII.test(name)) return name.toLowerCase().replace(/[^a-z0-9]+/g, "");
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

/** Letters without their accents and in their usual width. */
const foldLetters = (text: string): string =>
  text.normalize("NFKC").replace(ACCENTED, (letter) => letter.normalize("NFD").replace(COMBINING, ""));

function addWord(word: string, tokens: string[]): void {
  const lower = word.toLowerCase();
  if (lower === word) {
    addPlain(lower, tokens);
  } else if (ACRONYMS.test(word)) {
    addPlain(lower.slice(0, -1), tokens);
  } else if (word.length > 3 && MIXED_CASE.test(word)) {
    if (word.length <= LONGEST_BRAND) addPlain(lower, tokens);
    addParts(word, tokens);
  } else {
    addPlain(lower, tokens);
  }
}

function addPlain(word: string, tokens: string[]): void {
  const isStopWord = word.length <= LONGEST_STOP_WORD && STOP_WORDS.has(word);
  if (word.length <= LONGEST_WORD && !isStopWord) tokens.push(word);
}

/** Splits at the humps; of two parts a short one goes, since "My" of MySQL and "Hub" of GitHub mislead. */
function addParts(word: string, tokens: string[]): void {
  const parts = word
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(" ");
  if (parts.length < 2) return;
  for (const part of parts) if (part.length > 2 || parts.length > 2) addPlain(part, tokens);
}

function addPairs(word: string, tokens: string[]): void {
  const letters = [...word].slice(0, LONGEST_WORD * 5);
  if (letters.length === 1) tokens.push(word);
  for (let at = 0; at + 1 < letters.length; at += 1) tokens.push(`${letters[at]}${letters[at + 1]}`);
}
