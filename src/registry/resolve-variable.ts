import { join } from "node:path";
import { oneOf } from "./printable.ts";
import type { InputDeclaration, VariableSources } from "./variable-sources.ts";

/** What became of one `${…}`. */
export type Resolution =
  | { readonly kind: "value"; readonly text: string }
  /** Nobody has set it; `reason` says more where a file was there and could not be used. */
  | { readonly kind: "missing"; readonly name: string; readonly reason?: string | undefined }
  /** The runtime's driver fills it in later; `text` is how the driver knows it. */
  | { readonly kind: "reserved"; readonly text: string }
  /** No legal form at all. */
  | { readonly kind: "illegal"; readonly reason: string };

/** Gives the meaning of what stands between `${` and `}`. */
export type Resolver = (expression: string) => Resolution;

/** Everything one entry's variables are resolved from. */
export interface VariableScope {
  readonly sources: VariableSources;
  readonly inputs: ReadonlyMap<string, InputDeclaration>;
  /** Names left as written, by the entry's runtime. */
  readonly reserved: readonly string[];
  /** Variables of dotenv files, the nearer file first; the process environment wins over all of them. */
  readonly dotenv: readonly ReadonlyMap<string, string>[];
}

type Form = (argument: string, scope: VariableScope) => Resolution;

const NAME = /^[A-Za-z_]\w*$/;
const BUNDLE_DIRECTORY = "__dirname"; // of an MCPB manifest; as a variable it would only ever be missing
const FORMS: Readonly<Record<string, Form>> = { env: environmentForm, input, secret, file };
const LEGAL = oneOf(["NAME", "NAME:-default", "env:NAME", "input:id", "secret:name", "file:path"].map((form) => `\${${form}}`));

/** The hint that goes with an illegal variable. */
export const LEGAL_FORMS = `Write ${LEGAL}`;

/** A resolver for every legal form: plain and defaulted names, `env:`, `input:`, `secret:`, `file:`, and two directories. */
export function createResolver(scope: VariableScope): Resolver {
  return (expression) => {
    const [, prefix, argument] = /^([A-Za-z_]\w*):(?!-)(.*)$/s.exec(expression) ?? [];
    if (prefix === undefined || argument === undefined) return environmentForm(expression, scope);
    const form = Object.hasOwn(FORMS, prefix) ? FORMS[prefix] : undefined;
    return form
      ? form(argument, scope)
      : { kind: "illegal", reason: `holds a variable of an unknown form: ${shorten(expression)}` };
  };
}

/** `NAME` or `NAME:-default`; as in a shell, the default also stands in for an empty value. */
function environmentForm(argument: string, scope: VariableScope): Resolution {
  const cut = argument.indexOf(":-");
  const name = cut < 0 ? argument : argument.slice(0, cut);
  const { sources, reserved } = scope;
  if (name === BUNDLE_DIRECTORY) return { kind: "illegal", reason: `holds \${${name}}, which has a value only inside a bundle` };
  if (!NAME.test(name)) return { kind: "illegal", reason: `holds a variable that is none: ${shorten(argument)}` };
  if (reserved.includes(name)) return { kind: "reserved", text: `\${${name}}` };
  if (name === "userHome") return { kind: "value", text: sources.homeDir };
  if (name === "workspaceFolder") return { kind: "value", text: sources.baseDir };
  const text = sources.env[name] ?? scope.dotenv.map((file) => file.get(name)).find((value) => value !== undefined);
  if (cut >= 0 && !text) return { kind: "value", text: argument.slice(cut + 2) };
  return text === undefined ? { kind: "missing", name } : { kind: "value", text };
}

function input(id: string, { sources, inputs }: VariableScope): Resolution {
  const name = `SALLYPORT_INPUT_${environmentName(id)}`;
  const text = sources.env[name] ?? inputs.get(id)?.default;
  return text === undefined ? { kind: "missing", name } : { kind: "value", text };
}

/** The environment comes first, then a file only its owner can read. */
function secret(name: string, { sources }: VariableScope): Resolution {
  if (!/^[\w-][\w.-]{0,63}$/.test(name))
    return { kind: "illegal", reason: "holds a secret whose name is none: letters, digits, dots and dashes" };
  const variable = `SALLYPORT_SECRET_${environmentName(name)}`;
  const fromEnvironment = sources.env[variable];
  if (fromEnvironment !== undefined) return { kind: "value", text: fromEnvironment };
  const path = join(sources.secretsDir, name);
  const reading = sources.readFile(path);
  if (reading.kind === "absent") return { kind: "missing", name: variable };
  if (reading.kind === "refused") return { kind: "missing", name: variable, reason: `${path} is not used: ${reading.reason}` };
  if ((reading.mode & 0o077) !== 0) {
    const mode = reading.mode.toString(8).padStart(4, "0");
    return { kind: "missing", name: variable, reason: `${path} is not used: its mode is ${mode}, expected 0600` };
  }
  return { kind: "value", text: withoutLastNewline(reading.text) };
}

function file(written: string, { sources }: VariableScope): Resolution {
  if (written === "") return { kind: "illegal", reason: `holds \${file:} without a path` };
  const path = sources.pathOf(written);
  const reading = sources.readFile(path);
  if (reading.kind === "text") return { kind: "value", text: withoutLastNewline(reading.text) };
  return {
    kind: "missing",
    name: path,
    reason: reading.kind === "refused" ? `${path} is not used: ${reading.reason}` : undefined,
  };
}

/** The beginning of what is no variable, `${V…}`; the rest may be a default that is nobody's business. */
const shorten = (expression: string): string => `\${${/^\w*:?/.exec(expression)?.[0] ?? ""}…}`;

const environmentName = (id: string): string => id.toUpperCase().replace(/[^A-Z0-9]/g, "_");

const withoutLastNewline = (text: string): string => text.replace(/\r?\n$/, "");
