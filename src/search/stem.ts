const VOWEL = /[aeiouy]/;
const DOUBLE = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/;
const SHORT_SYLLABLE = /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouywxY])$/;

/** Words whose stem is fixed, because the rules would merge them with words of another meaning. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  (
    "skis:ski skies:sky dying:die lying:lie tying:tie idly:idl gently:gentl ugly:ugli early:earli only:onli singly:singl " +
    "sky:sky news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes"
  )
    .split(" ")
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf(":")), pair.slice(pair.indexOf(":") + 1)]),
);
const FINISHED_AFTER_1A = new Set("inning outing canning herring earring proceed exceed succeed".split(" "));

/** Suffix, replacement, and what must precede the suffix; the longest match decides, as in the published algorithm. */
type Rule = readonly [suffix: string, replacement: string, before?: RegExp];

const STEP_2: readonly Rule[] = [
  ["ization", "ize"],
  ["ational", "ate"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["iveness", "ive"],
  ["tional", "tion"],
  ["biliti", "ble"],
  ["lessli", "less"],
  ["entli", "ent"],
  ["ation", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["ousli", "ous"],
  ["iviti", "ive"],
  ["fulli", "ful"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["abli", "able"],
  ["izer", "ize"],
  ["ator", "ate"],
  ["alli", "al"],
  ["bli", "ble"],
  ["ogi", "og", /l$/],
  ["li", "", /[cdeghkmnrt]$/],
];
const STEP_3: readonly Rule[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["alize", "al"],
  ["icate", "ic"],
  ["iciti", "ic"],
  ["ative", ""],
  ["ical", "ic"],
  ["ness", ""],
  ["ful", ""],
];
const STEP_4: readonly Rule[] = [
  ["ement", ""],
  ["ance", ""],
  ["ence", ""],
  ["able", ""],
  ["ible", ""],
  ["ment", ""],
  ["ant", ""],
  ["ent", ""],
  ["ism", ""],
  ["ate", ""],
  ["iti", ""],
  ["ous", ""],
  ["ive", ""],
  ["ize", ""],
  ["ion", "", /[st]$/],
  ["al", ""],
  ["er", ""],
  ["ic", ""],
];

/**
 * The stem of a lower-case English word: `"listing"`, `"lists"` and `"listed"` all give `"list"`. Words with anything but
 * a-z, and words of two letters, are their own stem. Algorithm: Snowball English ("Porter2") by Martin Porter.
 */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  // A "Y" that acts as a consonant is written upper-case while the rules run.
  const marked = word.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
  const singular = step1a(marked);
  if (FINISHED_AFTER_1A.has(singular)) return singular;
  const r1 = regionStart(marked);
  const r2 = regionAfter(marked, r1);
  let stemmed = step1c(step1b(singular, r1));
  stemmed = applyRule(STEP_2, stemmed, r1);
  stemmed = step3(stemmed, r1, r2);
  stemmed = applyRule(STEP_4, stemmed, r2);
  return step5(stemmed, r1, r2).toLowerCase();
}

/** Where R1 begins: after the first consonant that follows a vowel, with three published exceptions. */
function regionStart(word: string): number {
  const exception = /^(?:gener|commun|arsen)/.exec(word);
  return exception ? exception[0].length : regionAfter(word, 0);
}

function regionAfter(word: string, from: number): number {
  const match = /[aeiouy][^aeiouy]/.exec(word.slice(from));
  return match ? from + match.index + 2 : word.length;
}

function step1a(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/(?:us|ss)$/.test(word) || !word.endsWith("s")) return word;
  return VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function step1b(word: string, r1: number): string {
  const eed = /eed(?:ly)?$/.exec(word);
  if (eed) return eed.index >= r1 ? `${word.slice(0, eed.index)}ee` : word;
  const suffix = /(?:ed|ing)(?:ly)?$/.exec(word);
  if (!suffix || !VOWEL.test(word.slice(0, suffix.index))) return word;
  const base = word.slice(0, suffix.index);
  if (/(?:at|bl|iz)$/.test(base)) return `${base}e`;
  if (DOUBLE.test(base)) return base.slice(0, -1);
  return base.length <= r1 && SHORT_SYLLABLE.test(base) ? `${base}e` : base;
}

const step1c = (word: string): string => (word.length > 2 && /[^aeiouy][yY]$/.test(word) ? `${word.slice(0, -1)}i` : word);

function applyRule(rules: readonly Rule[], word: string, region: number): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (!rule) return word;
  const [suffix, replacement, before] = rule;
  const base = word.slice(0, -suffix.length);
  return base.length < region || (before && !before.test(base)) ? word : base + replacement;
}

function step3(word: string, r1: number, r2: number): string {
  return word.endsWith("ative") && word.length - 5 < r2 ? word : applyRule(STEP_3, word, r1);
}

function step5(word: string, r1: number, r2: number): string {
  const base = word.slice(0, -1);
  if (word.endsWith("e") && (base.length >= r2 || (base.length >= r1 && !SHORT_SYLLABLE.test(base)))) return base;
  return word.endsWith("ll") && base.length >= r2 ? base : word;
}
