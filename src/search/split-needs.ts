const SHORTEST_PART_WORDS = 2;
const MOST_NEEDS = 8;
/** Text beyond this is not looked at. */
const LONGEST_TASK = 8_000;
/** Ends of sentences and the words that begin the next step of a task. */
const BREAKS =
  /(?<=[.!?;])\s+(?=\p{Lu}|\d+[.)]\s)|\n+|\s*[,;]?\s*\b(?:and\s+)?(?:then|after that|afterwards|next|finally|lastly|also|as well as)\b[,:]?\s+|(?:^|\s)(?:\d+[.)]|[-*•])\s+|\s*[。！？；]\s*/giu;
/** Stands in every text that BREAKS could cut; cheap, where the other takes 10 ms before its first use. */
const MAY_BREAK = /[.!?;\n)•。！？；*-]|then|after|next|finally|lastly|also|as well/i;

/**
 * The capabilities a whole task asks for, in order, at most eight: cut where one sentence or step ends and the next begins.
 * A text that asks for one thing comes back as it is.
 */
export function splitNeeds(task: string): readonly string[] {
  const text = task.slice(0, LONGEST_TASK).trim();
  if (!MAY_BREAK.test(text)) return [text];
  const parts = text
    .split(BREAKS)
    .map((part) => part.replace(/^(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|please)[,:]?\s+/i, "").trim())
    .filter((part) => part.split(/\s+/).length >= SHORTEST_PART_WORDS);
  return parts.length < 2 ? [text] : parts.slice(0, MOST_NEEDS);
}
