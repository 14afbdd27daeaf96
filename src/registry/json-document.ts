import { createScanner, getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { DocumentPath } from "./printable.ts";
import { type Complaint, type Position, ProblemList } from "./problem-list.ts";
import { describeSyntaxError } from "./syntax-errors.ts";

/** The largest registry.json that is read, in bytes. */
export const REGISTRY_CAP_BYTES = 2 ** 20;

const DEEPEST_NESTING = 64;
const OPENING = new Set(["{", "["]);
const CLOSING = new Set(["}", "]"]);

/** A JSONC text, parsed, with the place of every value. */
export interface JsonDocument {
  /**
   * The parsed value, or undefined when the text could not be read at all (then `problems` says why). Objects have no
   * prototype, so `__proto__` is a key like any other.
   */
  readonly value: unknown;
  readonly problems: ProblemList;
}

/** Parses JSONC (comments, trailing commas, byte order mark); syntax errors and duplicate keys are reported, never thrown. */
export function readJsonDocument(source: string): JsonDocument {
  const text = source.replace(/^\uFEFF/, " "); // a space keeps the offsets
  const positions = lineStarts(text);
  const fail = (offset: number, complaint: Omit<Complaint, "path">): JsonDocument => {
    const problems = new ProblemList(() => positionOf(positions, offset));
    problems.error({ path: [], ...complaint });
    return { value: undefined, problems };
  };
  if (Buffer.byteLength(text) > REGISTRY_CAP_BYTES) {
    return fail(0, { expected: "at most 1 MiB", found: `${Buffer.byteLength(text)} bytes` });
  }
  if (text.trim() === "") {
    return fail(0, {
      text: "the file is empty",
      hint: 'Start with { "mcpServers": {} }',
      found: "nothing",
      expected: "an object",
    });
  }
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) {
    return fail(tooDeep, { expected: `at most ${DEEPEST_NESTING} levels of nesting`, found: "more" });
  }
  return parse(text, positions);
}

function parse(text: string, starts: readonly number[]): JsonDocument {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (root === undefined || errors.length > 0) return { value: undefined, problems: syntaxProblems(text, starts, errors) };
  const problems = new ProblemList((path, at) => positionOf(starts, offsetOf(root, path, at)));
  reportDuplicates(root, [], { problems, lineOf: (offset) => positionOf(starts, offset).line });
  return { value: getNodeValue(root), problems };
}

/** One problem a line: what follows an error on its own line is mostly its echo. */
function syntaxProblems(text: string, starts: readonly number[], errors: readonly ParseError[]): ProblemList {
  let offset = 0;
  const problems = new ProblemList(() => positionOf(starts, offset));
  const seen = new Set<number>();
  for (const error of errors) {
    offset = error.offset;
    const { line } = positionOf(starts, offset);
    if (seen.has(line)) continue;
    seen.add(line);
    problems.error({ path: [], ...describeSyntaxError(printParseErrorCode(error.error), text, offset) });
  }
  return problems;
}

interface DuplicateReport {
  readonly problems: ProblemList;
  readonly lineOf: (offset: number) => number;
}

function reportDuplicates(node: Node, path: DocumentPath, report: DuplicateReport): void {
  const first = new Map<string, Node>();
  for (const [index, child] of (node.children ?? []).entries()) {
    if (node.type === "array") reportDuplicates(child, [...path, index], report);
    const [key, value] = child.type === "property" ? (child.children ?? []) : [];
    if (key === undefined) continue;
    const name = String(key.value);
    const earlier = first.get(name);
    if (earlier) {
      const [line, again] = [report.lineOf(earlier.offset), report.lineOf(key.offset)];
      const lines = `first on line ${line}, again on line ${again}`;
      const hint = "Remove or rename one of the two";
      report.problems.error({
        path: [...path, name],
        at: "key",
        text: `is written twice: ${lines}`,
        found: lines,
        expected: "one",
        hint,
      });
    } else first.set(name, key);
    if (value) reportDuplicates(value, [...path, name], report);
  }
}

/** Where a path stands; for a value that is missing, where its nearest parent stands. */
function offsetOf(root: Node, path: DocumentPath, at: "key" | "value"): number {
  let node = root;
  let offset = root.offset;
  for (const part of path) {
    if (typeof part === "number") {
      const item = node.type === "array" ? node.children?.[part] : undefined;
      if (!item) return offset;
      [node, offset] = [item, item.offset];
      continue;
    }
    const property = node.type === "object" ? node.children?.findLast((child) => child.children?.[0]?.value === part) : undefined;
    const value = property?.children?.[1];
    if (!property || !value) return offset;
    [node, offset] = [value, at === "key" ? property.offset : value.offset];
  }
  return offset;
}

function firstTooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const token = scanner.getTokenLength() === 1 ? (text[scanner.getTokenOffset()] ?? "") : "";
    if (OPENING.has(token)) depth += 1;
    if (CLOSING.has(token)) depth -= 1;
    if (depth > DEEPEST_NESTING) return scanner.getTokenOffset();
  }
  return undefined;
}

function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length)];
}

function positionOf(starts: readonly number[], offset: number): Position {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
