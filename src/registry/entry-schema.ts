import * as z from "zod/mini";
import { described } from "../model/described.ts";
import { MAX_RESULT_TOKENS } from "../model/units.ts";
import { searchSchema } from "./search-schema.ts";
import { watchingShape } from "./watching-schema.ts";

// some thirty entries are read once: code made for each schema costs more than it saves
z.config({ ...z.locales.en(), jitless: true });

const LONGEST_MS = 2 ** 31 - 1; // the longest a timer can be

const milliseconds = (least: number, what: string) =>
  described(z.int().check(z.minimum(least), z.maximum(LONGEST_MS)), `${what}, in milliseconds`);

/** Times and bounds that stand in an entry, and in `defaults` for all entries. */
export const timingShape = {
  startTimeoutMs: z.optional(milliseconds(1, "How long the server may take to start and answer")),
  callTimeoutMs: z.optional(milliseconds(1, "How long one call may take")),
  cacheTtlMs: z.optional(
    milliseconds(0, "How long an answer of a tool trusted as read-only may be served again; 0, the default, for never"),
  ),
  maxResultTokens: z.optional(
    described(
      z.int().check(z.minimum(MAX_RESULT_TOKENS.least), z.maximum(MAX_RESULT_TOKENS.most)),
      "How much text of one result is shown at once, in tokens of about four bytes; read_result shows the rest",
    ),
  ),
  idlePauseMs: z.optional(milliseconds(0, "How long after its last call a container is paused; 0 for never")),
  idleStopMs: z.optional(milliseconds(1, "How long after its last call the server is stopped")),
};

/** What the registry says where a file says nothing. */
export const DEFAULTS = {
  startTimeoutMs: 40_000,
  callTimeoutMs: 45_000,
  cacheTtlMs: 0,
  maxResultTokens: 20_000,
  idlePauseMs: 60_000,
  idleStopMs: 600_000,
  drainMs: 5_000,
} as const;

const toolNames = () => z.array(z.string().check(z.minLength(1)));

const toolOverride = described(
  z.object({
    readOnly: z.optional(described(z.boolean(), "Whether the tool only reads; outweighs what the server says")),
    idempotent: z.optional(described(z.boolean(), "Whether calling it twice does no more than calling it once")),
    cacheTtlMs: z.optional(
      milliseconds(0, "How long an answer may be served again if the tool is trusted as read-only; outweighs the entry's"),
    ),
    timeoutMs: z.optional(milliseconds(1, "How long one call of this tool may take")),
    examples: z.optional(
      described(
        z.array(z.string().check(z.minLength(1))).check(z.maxLength(20)),
        "What people say when they want this tool, a sentence each; found by discover",
      ),
    ),
  }),
  "Settings of one tool",
);

const variableName = z.string().check(z.regex(/^[^=\0]+$/, "a variable name without = and NUL"));
const variableValue = z.string().check(z.regex(/^[^\0]*$/, "text without NUL characters"));

/** The keys every entry may have, whatever its runtime, in their normal form. */
export const commonShape = {
  env: z.optional(described(z.record(variableName, variableValue), "Environment variables of the server")),
  headers: z.optional(described(z.record(z.string(), z.string()), "HTTP headers sent with every request, such as Authorization")),
  envFile: z.optional(described(z.string().check(z.minLength(1)), "A .env file with more variables; env outweighs it")),
  transport: z.optional(described(z.enum(["stdio", "http", "sse"]), "How MCP is spoken to the server")),
  description: z.optional(described(z.string(), "What the server is good for, in one sentence; found by discover")),
  tags: z.optional(described(z.array(z.string().check(z.minLength(1))), "Words to group servers by")),
  enabled: z.optional(described(z.boolean(), "Whether the server is offered at all; default true")),
  protocolEra: z.optional(
    described(
      z.enum(["auto", "legacy", "modern"]),
      "MCP up to 2025-11-25 (legacy), from 2026-07-28 (modern), or what a probe finds (auto, the default)",
    ),
  ),
  replicas: z.optional(
    described(
      z.int().check(z.minimum(1), z.maximum(16)),
      "How many of it run side by side and share the calls, each started when it is needed; default 1",
    ),
  ),
  affinity: z.optional(
    described(
      z.enum(["session", "none"]),
      "Which replica a call goes to: always the same (session) or the least busy (none); by default the same if it keeps HTTP sessions",
    ),
  ),
  tools: z.optional(
    described(
      z.object({
        allow: z.optional(
          described(toolNames(), "The tools that may be seen and called; * stands for any characters; default all"),
        ),
        deny: z.optional(described(toolNames(), "Tools that may not be seen or called, whatever allow says")),
        overrides: z.optional(described(z.record(z.string(), toolOverride), "Settings of single tools, by name")),
      }),
      "Which tools may be used, and how",
    ),
  ),
  trust: z.optional(
    described(
      z.object({
        annotations: z.optional(described(z.boolean(), "Whether readOnlyHint and idempotentHint of the server are believed")),
      }),
      "What the server is believed",
    ),
  ),
  ...timingShape,
  warm: z.optional(described(z.boolean(), "Whether the server is started with the gateway; default false")),
  toolsFile: z.optional(
    described(z.string().check(z.minLength(1)), "A stored tools/list result, the catalog until the server has run"),
  ),
};

/** Keys outside a runtime's own whose strings take variables; `envFile` comes before them. */
export const COMMON_EXPANDED = ["env", "headers", "toolsFile"];

const inputDeclaration = z.object({
  id: described(z.string().check(z.minLength(1)), `The name used in \${input:id}; set it by SALLYPORT_INPUT_<ID>`),
  type: z.optional(described(z.enum(["promptString", "pickString", "command"]), "The kind of question, as in VS Code")),
  description: z.optional(described(z.string(), "What is asked for")),
  default: z.optional(described(z.string(), "The value when nothing is set")),
  password: z.optional(described(z.boolean(), "Whether the value is a secret")),
  options: z.optional(described(z.array(z.unknown()), "The answers of a pickString")),
  command: z.optional(described(z.string(), "The VS Code command of a command input")),
  args: z.optional(described(z.unknown(), "Arguments of that command")),
});

/** Everything beside the entries at the top of the file. */
export const settingsShape = {
  engine: z.optional(
    described(
      z.string().check(z.minLength(1)),
      'Which container engine to use: "podman", "docker" or an address such as unix:///run/docker.sock; read at a start',
    ),
  ),
  rememberChoices: z.optional(
    described(
      z.boolean(),
      "Whether discover remembers, on this machine, which tools were called after which needs; default true",
    ),
  ),
  ...watchingShape,
  search: z.optional(described(searchSchema, "Models that help discover; none by default")),
  $schema: z.optional(described(z.string(), "Where the JSON schema of this file is")),
  version: z.optional(described(z.literal(1), "The version of this format")),
  defaults: z.optional(
    described(
      z.object({
        ...timingShape,
        drainMs: z.optional(milliseconds(0, "How long calls in flight may take to finish at shutdown")),
      }),
      "Settings for every server that does not say otherwise",
    ),
  ),
  inputs: z.optional(described(z.array(inputDeclaration), `Values asked of a person, used as \${input:id}`)),
};

export const commonSchema = z.object(commonShape);
export const settingsSchema = z.object(settingsShape);
