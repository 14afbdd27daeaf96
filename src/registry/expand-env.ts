import type { MissingValue } from "../model/backend-spec.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { type DocumentPath, formatPath } from "./printable.ts";
import type { Resolver } from "./resolve-variable.ts";

/** Something about a variable that a person has to hear of. */
export interface VariableFault {
  readonly path: DocumentPath;
  /** An illegal form is an error; an unusable file only leaves the value missing. */
  readonly severity: "error" | "warning";
  readonly text: string;
}

/** A value put in place of a variable, kept so that messages can be cleaned of it. */
export interface Substitution {
  readonly written: string;
  readonly value: string;
}

/** An entry with its variables replaced, and what came up on the way. */
export interface Expansion {
  readonly fields: JsonObject;
  readonly missing: readonly MissingValue[];
  readonly faults: readonly VariableFault[];
  readonly substitutions: readonly Substitution[];
}

/**
 * Replaces `${…}` in every string at the given keys or dotted paths. A single pass: what a variable brings in is never
 * read for variables again. An unset variable stays as written and is listed; bare `$NAME` is plain text.
 */
export function expandFields(fields: JsonObject, paths: readonly string[], resolve: Resolver): Expansion {
  const notes: Notes = { missing: [], faults: [], substitutions: [] };
  const expanded = paths.reduce<unknown>((value, dotted) => expandAt(value, dotted.split("."), [], { resolve, notes }), fields);
  return { fields: isJsonObject(expanded) ? expanded : fields, ...notes };
}

interface Notes {
  readonly missing: MissingValue[];
  readonly faults: VariableFault[];
  readonly substitutions: Substitution[];
}

interface Job {
  readonly resolve: Resolver;
  readonly notes: Notes;
}

function expandAt(value: unknown, keys: readonly string[], path: DocumentPath, job: Job): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return expandAll(value, path, job);
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value;
  return { ...value, [key]: expandAt(value[key], rest, [...path, key], job) };
}

function expandAll(value: unknown, path: DocumentPath, job: Job): unknown {
  if (typeof value === "string") return expandText(value, path, job);
  if (Array.isArray(value)) return value.map((item, index) => expandAll(item, [...path, index], job));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandAll(item, [...path, key], job)]));
}

function expandText(text: string, path: DocumentPath, { resolve, notes }: Job): string {
  const fault = (severity: VariableFault["severity"], reason: string) => notes.faults.push({ path, severity, text: reason });
  return text.replace(/\$\{([^}]*)(\}?)/g, (written, expression: string, end: string) => {
    if (end === "" || expression.includes("${")) {
      fault("error", end === "" ? "holds a variable without its closing brace" : "holds a variable inside a variable");
      return written;
    }
    const resolution = resolve(expression);
    switch (resolution.kind) {
      case "value":
        notes.substitutions.push({ written: written.replace(/:-.*\}$/s, ":-…}"), value: resolution.text });
        return resolution.text;
      case "reserved":
        return resolution.text;
      case "missing":
        notes.missing.push({ written, name: resolution.name, field: formatPath(path) });
        if (resolution.reason !== undefined) fault("warning", resolution.reason);
        return written;
      case "illegal":
        fault("error", resolution.reason);
        return written;
    }
  });
}

/** Takes the values of variables out of a text that others wrote; short ones stay, they are no secret and part of many words. */
export function withoutValues(text: string, substitutions: readonly Substitution[]): string {
  const longestFirst = substitutions.filter(({ value }) => value.length >= 6).sort((a, b) => b.value.length - a.value.length);
  return longestFirst.reduce((clean, { written, value }) => clean.replaceAll(value, () => written), text);
}
