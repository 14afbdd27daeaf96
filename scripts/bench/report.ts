import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Machine } from "./machine.ts";

/** One line of a result table: column to number or text. */
export type Row = Readonly<Record<string, number | string | undefined>>;

/** What a scenario found. */
export interface Findings {
  readonly rows: readonly Row[];
  /** How to read the rows, one sentence each. */
  readonly notes: readonly string[];
  /** The column to draw, and those that name a row. */
  readonly chart: { readonly value: string; readonly names: readonly string[] };
}

/** What scenarios found, by their names. */
export type Results = Readonly<Record<string, Findings>>;

/** Prints the rows as a table with one column per key of the first row; a missing value is a dash. */
export function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, index) => Math.max(column.length, ...cells.map((line) => line[index]?.length ?? 0)));
  const print = (line: readonly string[]) =>
    console.log(
      line.map((text, index) => (index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0))).join("  "),
    );
  print(columns);
  for (const line of cells) print(line);
}

/** Says on a terminal how far the rounds are; silent elsewhere. */
export function showProgress(round: number, rounds: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${rounds}${round === rounds ? "\n" : ""}`);
}

/** Writes findings with everything needed to compare them later. */
export function writeJson(file: string, machine: Machine, settings: Row, scenarios: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, settings, scenarios }, null, 2)}\n`);
}

/** A figure or a text as a person reads it; a missing value is a dash. */
export function cell(value: number | string | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
