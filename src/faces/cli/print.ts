import type { GatewayError } from "../../model/errors.ts";
import type { RegistryProblem } from "../../model/registry-snapshot.ts";
import { stringifyExactly } from "../../wire/exact-json.ts";

/** Where a command writes: data to `out`, everything else to `err`. */
export interface Output {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  readonly json: boolean;
  readonly color: boolean;
}

/** Whether to colour: FORCE_COLOR and NO_COLOR decide, else whether a person looks. */
export function wantsColor(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0") return true;
  return isTerminal;
}

export const bold = (output: Output, text: string): string => (output.color ? `\u001b[1m${text}\u001b[22m` : text);
export const dim = (output: Output, text: string): string => (output.color ? `\u001b[2m${text}\u001b[22m` : text);

export const printLine = (output: Output, line: string): void => void output.out.write(`${line}\n`);

/** Exactly one JSON object on stdout. */
export const printJson = (output: Output, data: unknown): void => printLine(output, stringifyExactly(data, 2));

/** Rows in columns as wide as their widest cell; the last column keeps its length. */
export function printTable(output: Output, rows: readonly (readonly string[])[]): void {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, cell.length)), []);
  for (const row of rows) {
    const cells = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)));
    printLine(output, cells.join("  ").trimEnd());
  }
}

/** One line per problem, as compilers print them: `registry.json:12:5 error: …`. */
export function printProblems(stream: NodeJS.WritableStream, problems: readonly RegistryProblem[], file = "registry"): void {
  for (const { severity, line, column, message, hint } of problems) {
    const advice = hint === undefined ? "" : ` (${hint})`;
    stream.write(`${file}:${line}:${column} ${severity}: ${message}${advice}\n`);
  }
}

/** A failure for people: what, then the next step. */
export function printFailure(output: Output, error: GatewayError): void {
  output.err.write(`sallyport: ${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`);
}

/** Resolves when everything written is handed over, or nobody reads it any more: ending the process earlier would cut it off. */
export const finishOutput = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => stream.write("", () => resolve()));
