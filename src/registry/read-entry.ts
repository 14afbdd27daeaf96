import type { BackendSpec } from "../model/backend-spec.ts";
import type { JsonObject } from "../model/json.ts";
import type { RuntimeKind } from "../model/ports.ts";
import { buildSpec, type Timing } from "./build-spec.ts";
import { checkEntry } from "./check-entry.ts";
import { chooseKind } from "./choose-kind.ts";
import type { EntryKind } from "./entry-kind.ts";
import { expandEntry, type VariableWorld } from "./expand-entry.ts";
import { type NormalEntry, normaliseEntry } from "./normalise-entry.ts";
import { suggestion } from "./printable.ts";
import type { Complaint, Complaints } from "./problem-list.ts";
import { sortOutUnknown } from "./unknown-keys.ts";

/** What an entry is read against. */
export interface EntryWorld extends VariableWorld {
  readonly kinds: readonly EntryKind[];
  readonly timing: Timing;
}

/** Reads one entry: aliases, runtime, unknown keys, variables, schema, driver options. Undefined when it gives no backend. */
export function readEntry(id: string, raw: JsonObject, world: EntryWorld, complaints: Complaints): BackendSpec | undefined {
  const normal = normaliseEntry(raw, complaints.error);
  const choice = chooseKind(normal.fields, world.kinds);
  if ("error" in choice) complaints.error(asWritten(choice.error, normal));
  if ("skip" in choice) complaints.warn(asWritten(choice.skip, normal));
  if (!("kind" in choice)) return undefined;
  const { kind } = choice;
  const inWords: Complaints = {
    error: (complaint) => complaints.error(asWritten(complaint, normal)),
    warn: (complaint) => complaints.warn(asWritten(complaint, normal)),
  };
  const { known, extra } = sortOutUnknown(kind.whole, normal.fields, (path, siblings) => {
    inWords.warn(unknownKey(path, siblings, ownerOf(path, kind, world.kinds)));
  });
  const entry = expandEntry(known, kind.runtime, world, inWords);
  const checked = checkEntry({ id, entry, kind, baseDir: world.sources.baseDir }, inWords);
  return checked && buildSpec({ id, runtime: kind.runtime.kind, entry, ...checked, extra }, world);
}

const asWritten = (complaint: Complaint, normal: NormalEntry): Complaint => ({
  ...complaint,
  path: normal.writtenAt(complaint.path),
});

const ownerOf = ({ length, 0: key }: Complaint["path"], kind: EntryKind, kinds: readonly EntryKind[]): RuntimeKind | undefined =>
  length > 1 ? undefined : kinds.find((other) => other !== kind && Object.hasOwn(other.own.shape, String(key)))?.runtime;

function unknownKey(path: Complaint["path"], siblings: readonly string[], owner: RuntimeKind | undefined): Complaint {
  const text = owner ? `has no effect here: it belongs to a server with ${owner.key}` : "is not known and has no effect";
  return { path, at: "key", text, hint: owner ? undefined : () => suggestion(String(path.at(-1)), siblings) };
}
