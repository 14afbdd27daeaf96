interface SyntaxDescription {
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
}

const AFTER_OPEN_END = "Close what is still open, or restore the rest of the file";
const QUOTES = "Write keys and strings in double quotes";

/** What the parser's errors mean; by the names `printParseErrorCode` of jsonc-parser gives them. */
const MEANINGS: Readonly<Record<string, { expected: string; found?: string; hint?: string }>> = {
  InvalidSymbol: { expected: "a string, a number, true, false, null, an object or a list", hint: QUOTES },
  InvalidNumberFormat: { expected: "a number", found: "something that is none" },
  PropertyNameExpected: { expected: "a key in double quotes", hint: QUOTES },
  ValueExpected: { expected: "a value" },
  ColonExpected: { expected: '":"' },
  CommaExpected: { expected: '","' },
  CloseBraceExpected: { expected: '"}"', hint: AFTER_OPEN_END },
  CloseBracketExpected: { expected: '"]"', hint: AFTER_OPEN_END },
  EndOfFileExpected: { expected: "the end of the file", hint: "A registry is one object: move what follows into it" },
  InvalidCommentToken: { expected: "a comment" },
  UnexpectedEndOfComment: { expected: '"*/"', found: "the end of the file" },
  UnexpectedEndOfString: { expected: "a closing double quote", found: "the end of the line" },
  UnexpectedEndOfNumber: { expected: "a digit" },
  InvalidUnicode: { expected: "four hex digits after \\u", found: "something else" },
  InvalidEscapeCharacter: { expected: "an escape such as \\n", found: "an unknown one", hint: "Write a backslash as \\\\" },
  InvalidCharacter: { expected: "visible characters in a string", found: "a control character", hint: "Write a tab as \\t" },
};

/** Says what a syntax error means; never quotes a word of the text, which may be a secret that lost its quotes. */
export function describeSyntaxError(name: string, text: string, offset: number): SyntaxDescription {
  const meaning = MEANINGS[name] ?? { expected: "JSON with comments" };
  return { expected: meaning.expected, found: meaning.found ?? describeToken(text[offset]), hint: meaning.hint };
}

function describeToken(character: string | undefined): string {
  if (character === undefined) return "the end of the file";
  if ("{}[],:".includes(character)) return `"${character}"`;
  if (character === '"') return "a string";
  if (character === "'") return "a single quote";
  return /[-\d]/.test(character) ? "a number" : "a word without quotes";
}
