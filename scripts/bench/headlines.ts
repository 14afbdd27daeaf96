import { readFileSync } from "node:fs";
import type { Results, Row } from "./report.ts";

/** One figure that people ask for, and what it may not exceed. */
export interface Headline {
  readonly title: string;
  readonly scenario: string;
  /** Columns and values that name the row. */
  readonly row: Row;
  readonly column: string;
  readonly unit: string;
  /** The figure may not be greater. */
  readonly max?: number;
  /** The figure may not be less. */
  readonly min?: number;
}

export const headlines: readonly Headline[] = JSON.parse(readFileSync(new URL("headlines.json", import.meta.url), "utf8"));

/** The figure among the results; undefined where its scenario was not run. Throws when the scenario has no such row or column. */
export function figureOf({ scenario, row, column, title }: Headline, results: Results): number | undefined {
  const findings = results[scenario];
  if (!findings) return undefined;
  const found = findings.rows.find((each) => Object.entries(row).every(([name, value]) => each[name] === value));
  const figure = found?.[column];
  if (figure === undefined) throw new Error(`"${title}": ${scenario} has no "${column}" in a row with ${JSON.stringify(row)}`);
  return Number(figure);
}

/** A figure that is beyond its limit, and a line that says so. */
export interface BrokenLimit extends Pick<Headline, "title" | "scenario"> {
  readonly line: string;
}

/** The figures beyond their limits; scenarios that were not run have none. */
export function brokenLimits(results: Results): readonly BrokenLimit[] {
  return headlines.flatMap((headline) => {
    const figure = figureOf(headline, results);
    const { title, scenario, unit, max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY } = headline;
    if (figure === undefined || (figure <= max && figure >= min)) return [];
    return [{ title, scenario, line: `${title}: ${figure.toFixed(2)} ${unit}, expected ${limitOf(headline)}` }];
  });
}

/** The limit in words. */
export const limitOf = ({ max, min, unit }: Headline): string =>
  [max !== undefined ? `at most ${max} ${unit}` : "", min !== undefined ? `at least ${min} ${unit}` : ""]
    .filter(Boolean)
    .join(", ");
