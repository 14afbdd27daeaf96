import type { MissingValue } from "../model/backend-spec.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { RuntimeKind } from "../model/ports.ts";
import { COMMON_EXPANDED } from "./entry-schema.ts";
import { type Expansion, expandFields, type Substitution } from "./expand-env.ts";
import type { Complaints } from "./problem-list.ts";
import { createResolver, LEGAL_FORMS, type VariableScope } from "./resolve-variable.ts";
import type { InputDeclaration, VariableSources } from "./variable-sources.ts";

/** Where the variables of all entries come from. */
export interface VariableWorld {
  readonly sources: VariableSources;
  readonly inputs: ReadonlyMap<string, InputDeclaration>;
  /** The variables of `.env` beside the registry. */
  readonly dotenv: ReadonlyMap<string, string>;
}

/** An entry with nothing left to look up. */
export interface ExpandedEntry {
  readonly fields: JsonObject;
  readonly missing: readonly MissingValue[];
  /** Every value that must not show up in a message: what variables stood for, and clear text in `env` and `headers`. */
  readonly substitutions: readonly Substitution[];
}

/** Looks up an entry's variables, those of its `envFile` among them, and adds that file's variables to `env`. */
export function expandEntry(fields: JsonObject, kind: RuntimeKind, world: VariableWorld, complaints: Complaints): ExpandedEntry {
  const scope: VariableScope = { sources: world.sources, inputs: world.inputs, reserved: kind.reserved, dotenv: [world.dotenv] };
  const outer = expandFields(fields, ["envFile"], createResolver(scope));
  const own =
    outer.missing.length > 0 ? NOTHING : readEnvFile(outer.fields["envFile"], fields["envFile"], world.sources, complaints);
  const paths = outermost([...COMMON_EXPANDED, ...kind.expand]);
  const inner = expandFields(outer.fields, paths, createResolver({ ...scope, dotenv: [own.variables, world.dotenv] }));
  for (const fault of [...outer.faults, ...inner.faults]) report(fault, complaints);
  return {
    fields: addVariables(inferTransport(inner.fields), own.variables),
    missing: [...outer.missing, ...own.missing, ...inner.missing],
    substitutions: [
      ...outer.substitutions,
      ...inner.substitutions,
      ...clearText(inner.fields),
      ...clearText({ env: Object.fromEntries(own.variables) }),
    ],
  };
}

interface OwnVariables {
  readonly variables: ReadonlyMap<string, string>;
  readonly missing: readonly MissingValue[];
}

const NOTHING: OwnVariables = { variables: new Map(), missing: [] };

function readEnvFile(envFile: unknown, written: unknown, sources: VariableSources, complaints: Complaints): OwnVariables {
  if (typeof envFile !== "string" || envFile === "") return NOTHING;
  const name = sources.pathOf(envFile);
  const reading = sources.readDotenv(name);
  if ("variables" in reading) {
    for (const line of reading.badLines)
      complaints.warn({ path: ["envFile"], text: `line ${line} of ${name} is not used: expected NAME=value` });
    return { variables: reading.variables, missing: [] };
  }
  if (reading.kind === "refused") complaints.warn({ path: ["envFile"], text: `${name} is not used: ${reading.reason}` });
  return { variables: new Map(), missing: [{ written: String(written), name, field: "envFile" }] };
}

function report(fault: Expansion["faults"][number], complaints: Complaints): void {
  const { path, severity, text } = fault;
  if (severity === "error") complaints.error({ path, text, hint: LEGAL_FORMS });
  else complaints.warn({ path, text });
}

/** Paths that are not already covered by another, so that no string is read for variables twice. */
function outermost(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter((path, _, all) => !all.some((other) => path.startsWith(`${other}.`)));
}

/** The older HTTP+SSE transport is recognised by its address where nobody names a transport. */
function inferTransport(fields: JsonObject): JsonObject {
  const { url, transport } = fields;
  return transport === undefined && typeof url === "string" && /^[^?#]*\/sse\/?(?:[?#]|$)/.test(url)
    ? { ...fields, transport: "sse" }
    : fields;
}

function addVariables(fields: JsonObject, variables: ReadonlyMap<string, string>): JsonObject {
  const env = fields["env"] ?? {};
  return variables.size > 0 && isJsonObject(env) ? { ...fields, env: { ...Object.fromEntries(variables), ...env } } : fields;
}

function clearText(fields: JsonObject): readonly Substitution[] {
  const values = [fields["env"], fields["headers"]].flatMap((record) => (isJsonObject(record) ? Object.values(record) : []));
  return values.flatMap((value) => (typeof value === "string" ? [{ written: "[secret]", value }] : []));
}
