import { type DocumentPath, quote } from "./printable.ts";
import type { ProblemList } from "./problem-list.ts";

const LEGAL_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Refuses server ids that cannot stand in "server/tool", and warns of two that a reader takes for one another. */
export function reportOddIds(ids: readonly string[], path: DocumentPath, problems: ProblemList): void {
  const alike = new Map<string, string>();
  for (const id of ids) {
    if (!LEGAL_ID.test(id)) problems.error(illegalId(id, path));
    const looks = looksLike(id);
    const twin = alike.get(looks);
    if (twin === undefined) alike.set(looks, id);
    else {
      const hint = "Rename one of the two";
      problems.warn({ path: [...path, id], at: "key", text: `is easily taken for ${quote(twin)}`, found: quote(id), hint });
    }
  }
}

function illegalId(id: string, path: DocumentPath) {
  const tidy = id
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
  const found = id === "" ? "an empty name" : id.length > 64 ? `${id.length} characters` : quote(id);
  const expected = "a name of 1 to 64 letters, digits, dots, dashes and underscores";
  return { path: [...path, id], at: "key", expected, found, hint: tidy === "" ? undefined : `Call it "${tidy}"` } as const;
}

/** A form in which ids are equal that differ only in case, in separators or in look-alike characters. */
const looksLike = (id: string): string =>
  id.replaceAll("I", "l").toLowerCase().replaceAll("1", "l").replaceAll("0", "o").replaceAll("rn", "m").replaceAll(/[._]/g, "-");
