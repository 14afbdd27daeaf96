import { nearNames } from "../model/near-names.ts";

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A path inside registry.json: keys and list positions, outermost first. */
export type DocumentPath = readonly (string | number)[];

/** Foreign text with control, invisible and direction-changing characters made visible, so that it cannot act on a terminal. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);

/** Foreign text in quotes, printable, cut after 60 characters. */
export function quote(text: string): string {
  const shown = printable(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return `"${shown.replaceAll('"', '\\"')}"`;
}

/** A path as people write it: `mcpServers.git.args[0]`, or `mcpServers["my id"]` for keys that are no plain word. */
export function formatPath(path: DocumentPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[\w$-]+$/.test(part)) return `${text}[${quote(part)}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** Words as a list for people: `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/** `Did you mean "args"?`, or undefined when nothing is near. */
export function suggestion(written: string, known: Iterable<string>): string | undefined {
  const [near] = nearNames(written.slice(0, 100), known, 1);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}
