// Classes instead of a list: hand-written lists of invisible characters miss some, and Unicode adds more.
const HIDDEN = String.raw`\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Zl}\p{Zp}`;
const SINGLE_LINE = new RegExp(`[${HIDDEN}]`, "gu");
const MULTILINE = new RegExp(String.raw`(?!\t|\r?\n)[${HIDDEN}]`, "gu");
const PRINTABLE_ASCII = /^[ -~]*$/;

export interface NeutraliseOptions {
  /** Keeps tabs and line ends (LF and CRLF); otherwise they are made visible as well. */
  readonly multiline: boolean;
}

/**
 * Makes what a reader cannot see visible: control, format, default-ignorable and line-separating characters and lone
 * surrogates become `\u{hex}`. Covers terminal sequences (ESC, C1), bidi controls, tags, zero-width characters and variation
 * selectors; emoji joiners become visible too. Everything else, and text without such characters, comes back as it was.
 */
export function neutralise(text: string, { multiline }: NeutraliseOptions): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(multiline ? MULTILINE : SINGLE_LINE, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);
}
