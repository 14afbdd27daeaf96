/** The variables of a `.env` file, and the numbers of the lines that are none. */
export interface Dotenv {
  readonly variables: ReadonlyMap<string, string>;
  readonly badLines: readonly number[];
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/**
 * Reads `NAME=value` lines: comments, `export`, single quotes (literal), double quotes (with \n, \r, \t, \" and \\).
 * Values stay on one line and are not expanded; of two assignments the last one counts.
 */
export function parseDotenv(text: string): Dotenv {
  const variables = new Map<string, string>();
  const badLines: number[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) continue;
    const [, name, rest = ""] = ASSIGNMENT.exec(written) ?? [];
    const value = name === undefined ? undefined : readValue(rest);
    if (name === undefined || value === undefined) badLines.push(index + 1);
    else variables.set(name, value);
  }
  return { variables, badLines };
}

function readValue(written: string): string | undefined {
  if (written.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(written)?.[1];
  if (written.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(written)?.[1];
    return quoted?.replace(/\\(.)/g, (whole, escaped: string) => ESCAPES[escaped] ?? whole);
  }
  return written.replace(/(?:^|\s+)#.*$/, "");
}
