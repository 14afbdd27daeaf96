import type { RegistryProblem } from "../model/registry-snapshot.ts";
import { type DocumentPath, formatPath } from "./printable.ts";

const MOST_OF_A_KIND = 100;

/** A place in a text; both one-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong at a path; without `text` the sentence is made of `expected` and `found`. */
export interface Complaint {
  readonly path: DocumentPath;
  /** Whether to point at the key or at its value (the default). */
  readonly at?: "key" | "value" | undefined;
  readonly text?: string | undefined;
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  /** What to do about it; a function when it takes work to find out. */
  readonly hint?: string | (() => string | undefined) | undefined;
}

/** Takes complaints; their paths start where its owner says. */
export interface Complaints {
  error(complaint: Complaint): void;
  warn(complaint: Complaint): void;
}

/** Collects problems with their places; after 100 of a severity it only counts, so that a hostile file stays cheap. */
export class ProblemList implements Complaints {
  readonly #locate: (path: DocumentPath, at: "key" | "value") => Position;
  readonly #kept: RegistryProblem[] = [];
  readonly #count = { error: 0, warning: 0 };
  readonly #seen = new Set<string>();

  constructor(locate: (path: DocumentPath, at: "key" | "value") => Position) {
    this.#locate = locate;
  }

  error(complaint: Complaint): void {
    this.#add("error", complaint);
  }

  warn(complaint: Complaint): void {
    this.#add("warning", complaint);
  }

  get errorCount(): number {
    return this.#count.error;
  }

  /** Everything collected, in the order of the file, with a last line for what was left out. */
  list(): readonly RegistryProblem[] {
    const sorted = this.#kept.toSorted((a, b) => a.line - b.line || a.column - b.column);
    return [...sorted, ...this.#leftOut("error"), ...this.#leftOut("warning")];
  }

  #add(severity: RegistryProblem["severity"], complaint: Complaint): void {
    const { found, expected, at = "value" } = complaint;
    const path = formatPath(complaint.path);
    const place = `${severity} ${at} ${path}`;
    if (path !== "" && this.#seen.has(place)) return; // what is said of a place first says it best
    this.#seen.add(place);
    this.#count[severity] += 1;
    if (this.#count[severity] > MOST_OF_A_KIND) return;
    const hint = typeof complaint.hint === "function" ? complaint.hint() : complaint.hint;
    const sentence = complaint.text ?? `expected ${expected}, found ${found}`;
    const message = path === "" ? `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}` : `${path}: ${sentence}`;
    this.#kept.push({ severity, path, ...this.#locate(complaint.path, at), message, found, expected, hint });
  }

  #leftOut(severity: RegistryProblem["severity"]): readonly RegistryProblem[] {
    const more = this.#count[severity] - MOST_OF_A_KIND;
    return more > 0
      ? [{ severity, path: "", line: 1, column: 1, message: `${more} more of severity ${severity} not shown` }]
      : [];
  }
}
