import type { JsonObject } from "../model/json.ts";
import { nearNames } from "../model/near-names.ts";
import type { EntryKind } from "./entry-kind.ts";
import { oneOf, quote } from "./printable.ts";
import type { Complaint } from "./problem-list.ts";

/** Keys that choose a runtime this version does not have; the two of a server.json count as one. */
const LATER_RUNTIMES: Readonly<Record<string, string>> = {
  kubernetes: "kubernetes",
  packages: "server.json",
  remotes: "server.json",
};

/** The runtime of an entry, or why it has none; `skip` is for entries that are right and cannot be run yet. */
export type KindChoice = { readonly kind: EntryKind } | { readonly error: Complaint } | { readonly skip: Complaint };

/** Finds the one runtime whose key an entry has. */
export function chooseKind(fields: JsonObject, kinds: readonly EntryKind[]): KindChoice {
  const present = kinds.filter((kind) => keysOf(kind).some((key) => Object.hasOwn(fields, key)));
  const later = Object.keys(LATER_RUNTIMES).filter((key) => Object.hasOwn(fields, key));
  const keys = [...present.flatMap(keysOf).filter((key) => Object.hasOwn(fields, key)), ...later];
  const [chosen] = present;
  const runtimes = present.length + new Set(later.map((key) => LATER_RUNTIMES[key])).size;
  if (runtimes > 1) return { error: ambiguous(keys, kinds) };
  if (chosen) return { kind: chosen };
  const [first] = later;
  if (first !== undefined) return { skip: notYet(first, kinds) };
  return { error: undecided(fields, kinds) };
}

const keysOf = ({ runtime: { key, otherKeys = [] } }: EntryKind): readonly string[] => [key, ...otherKeys];

const choices = (kinds: readonly EntryKind[]): string => oneOf(kinds.map(({ runtime: { key } }) => key));

function ambiguous(keys: readonly string[], kinds: readonly EntryKind[]): Complaint {
  const found = keys.join(" and ");
  const expected = `exactly one of ${choices(kinds)}`;
  return {
    path: [keys[1] ?? ""],
    at: "key",
    text: `expected ${expected}, found ${found}`,
    found,
    expected,
    hint: "Keep one and make the rest a server of its own",
  };
}

function notYet(key: string, kinds: readonly EntryKind[]): Complaint {
  const text = "needs a runtime that this version does not have, so the server is left out";
  return {
    path: [key],
    at: "key",
    text,
    found: key,
    expected: choices(kinds),
    hint: `Say how to reach the server by ${choices(kinds)}`,
  };
}

function undecided(fields: JsonObject, kinds: readonly EntryKind[]): Complaint {
  const keys = kinds.flatMap(keysOf);
  const [typo] = Object.keys(fields).flatMap((written) => nearNames(written, keys, 1).map((meant) => ({ written, meant })));
  const hint = typo ? `Did you mean "${typo.meant}" where ${quote(typo.written)} stands?` : `Add ${choices(kinds)}`;
  return { path: [], expected: `one of ${choices(kinds)}`, found: "none of them", hint };
}
