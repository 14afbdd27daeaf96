import { Buffer } from "node:buffer";
import { GatewayError } from "../model/errors.ts";
import { parseExactly, restoreNumbers, stringifyExactly } from "../wire/exact-json.ts";
import { surveyJson } from "../wire/survey-json.ts";
import { findText } from "./find-text.ts";
import { pageOf, pageStarts } from "./pages.ts";
import type { StoredResult } from "./result-store.ts";
import { selectJson } from "./select-json.ts";

/** Which part of a stored result is asked for: first selected, then searched, then paged. */
export interface PartQuery {
  readonly page?: number | undefined;
  readonly pattern?: string | undefined;
  readonly select?: string | undefined;
}

/** One page of what was asked for. */
export interface ResultPart {
  readonly text: string;
  readonly page: number;
  readonly pages: number;
  /** Places at which the pattern was found; undefined without one. */
  readonly places?: { readonly count: number; readonly more: boolean } | undefined;
}

/** Reads a part of a stored result; throws `invalid_argument` for what it does not have. */
export function readStored(stored: StoredResult, { page = 1, pattern, select }: PartQuery): ResultPart {
  const selected = select === undefined ? stored.text : Buffer.from(asText(selectJson(jsonOf(stored), select)));
  const found = pattern === undefined ? undefined : findText(selected.toString(), pattern);
  const text = found ? Buffer.from(found.lines.join("\n")) : selected;
  const starts = pageStarts(text, stored.pageBytes);
  if (page > starts.length)
    throw new GatewayError("invalid_argument", `page: expected a whole number from 1 to ${starts.length}, found ${page}`);
  const places = found && { count: found.lines.length, more: found.more };
  return { text: pageOf(text, starts, page), page, pages: starts.length, places };
}

/** A number that is kept as a string is text here and no JSON value, so it is put back now. */
const asText = (value: unknown): string => (typeof value === "string" ? restoreNumbers(value) : stringifyExactly(value));

/** The structured content, or the text where that is JSON. */
function jsonOf({ structured, text }: StoredResult): unknown {
  try {
    return readJson(structured ?? text);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("invalid_argument", "select: this result is text and not JSON", {
      cause,
      hint: "Give page or pattern",
    });
  }
}

function readJson(json: Buffer): unknown {
  const parsed = parseExactly(json.toString(), surveyJson(json, Number.POSITIVE_INFINITY));
  if ("problem" in parsed)
    throw new GatewayError("invalid_argument", `select: ${parsed.problem}`, { hint: "Give page or pattern" });
  return parsed.value;
}
