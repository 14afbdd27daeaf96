/** Words of a request that shape the sentence more than they name the tool; a tool may still be called by them. */
const VAGUE = new Set(
  (
    "using use used all any some each every about into out over more most many much other another same such only own via per within " +
    "without between after before during given specific specified certain various following named called provide provided information " +
    "details detail help tell give like know make sure able exact available possible current currently first second result results " +
    "based one two three not no"
  ).split(" "),
);

/** Whether a word says little about which tool is meant. */
export const isVague = (word: string): boolean => VAGUE.has(word);
