import { resolve } from "node:path";
import * as z from "zod/mini";
import { described } from "../model/described.ts";
import type { ParsedEntry, RuntimeKind } from "../model/ports.ts";
import { checkHeaders, invalidField, readFields, SHARED_SHAPE } from "./entry-fields.ts";

/** What a child needs that serves MCP over HTTP instead of over its pipes. */
export interface HttpChildOptions {
  /** Undefined: a free one, chosen at every start. */
  readonly port: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How a backend is run as a child process. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The entry's own variables, which come on top of the inherited few. */
  readonly env: Readonly<Record<string, string>>;
  readonly http: HttpChildOptions | undefined;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: the text as it stands in the registry file
const PORT_REFERENCE = "${PORT}";

const shape = {
  command: described(z.string().check(z.minLength(1)), "Program to run: a name on PATH or a path. Never a shell line"),
  args: z.optional(
    described(
      z.array(z.string()),
      `Arguments, one string each; ${PORT_REFERENCE} stands for the port of a child that serves HTTP`,
    ),
  ),
  cwd: z.optional(
    described(z.string().check(z.minLength(1)), "Working directory; relative to this file, whose directory is the default"),
  ),
  port: z.optional(
    described(
      z.int().check(z.minimum(1), z.maximum(65_535)),
      "Port the child listens on; without it a free one is chosen and passed as PORT",
    ),
  ),
  path: z.optional(described(z.string().check(z.startsWith("/")), "Path of the MCP endpoint of a child that serves HTTP")),
};

const DEFAULT_PATH = { http: "/mcp", sse: "/sse" };

/** The runtime of entries with a `command`: a child process that speaks MCP over its pipes or serves it on a local port. */
export const processKind: RuntimeKind = {
  kind: "process",
  key: "command",
  shape,
  expand: ["command", "args", "env", "cwd"],
  reserved: ["PORT"],
  parse(entry) {
    const fields = readFields({ ...shape, ...SHARED_SHAPE }, entry.fields);
    const transport = fields.transport ?? "stdio";
    const env = fields.env ?? {};
    const base = { command: fields.command, args: fields.args ?? [], cwd: directory(entry, fields.cwd), env };
    if (transport === "stdio") {
      refuseHttpOnly(fields.port, fields.path, base);
      return { options: { ...base, http: undefined } satisfies ProcessOptions, transport };
    }
    checkHeaders(fields.headers ?? {});
    if (fields.replicas !== undefined && fields.replicas > 1) refuseFixedPort(fields.port, env);
    const http = {
      port: fields.port ?? portIn(env),
      path: fields.path ?? DEFAULT_PATH[transport],
      headers: fields.headers ?? {},
    };
    return { options: { ...base, http } satisfies ProcessOptions, transport };
  },
};

/** The same options with the port filled in wherever `${PORT}` stands, and as the variable PORT unless the entry sets that itself. */
export function withPort(options: ProcessOptions, port: number): ProcessOptions {
  const fill = (text: string) => text.replaceAll(PORT_REFERENCE, String(port));
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)]));
  return { ...options, args: options.args.map(fill), env: { PORT: String(port), ...env } };
}

const directory = (entry: ParsedEntry, cwd: string | undefined): string => resolve(entry.baseDir, cwd ?? ".");

/** A literal PORT in the entry's own variables is where the child is going to listen. */
function portIn(env: Readonly<Record<string, string>>): number | undefined {
  const port = /^\d{1,5}$/.test(env["PORT"] ?? "") ? Number(env["PORT"]) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function refuseFixedPort(port: number | undefined, env: Readonly<Record<string, string>>): void {
  const field = port === undefined ? "env.PORT" : "port";
  if (port === undefined && portIn(env) === undefined) return;
  throw invalidField(field, "is one port, which several replicas cannot share", "Leave it out: each gets a free one as PORT");
}

function refuseHttpOnly(port: number | undefined, path: string | undefined, base: Pick<ProcessOptions, "args" | "env">): void {
  const hint = 'Add "transport": "http" if the command serves HTTP';
  if (port !== undefined) throw invalidField("port", 'is used only with "transport": "http", but the transport is stdio', hint);
  if (path !== undefined) throw invalidField("path", 'is used only with "transport": "http", but the transport is stdio', hint);
  const written = [
    ...base.args.map((value, index) => [`args.${index}`, value] as const),
    ...Object.entries(base.env).map(([name, value]) => [`env.${name}`, value] as const),
  ].find(([, value]) => value.includes(PORT_REFERENCE));
  if (written)
    throw invalidField(
      written[0],
      `${PORT_REFERENCE} has a value only with "transport": "http", but the transport is stdio`,
      hint,
    );
}
