import { z } from "zod";
import { MAX_RESULT_TOKENS } from "../model/units.ts";
import { searchSchema } from "./search-schema.ts";
import { watchingShape } from "./watching-schema.ts";

z.config({ jitless: true }); // some thirty entries are read once: code made for each schema costs more than it saves

const LONGEST_MS = 2 ** 31 - 1; // the longest a timer can be

const milliseconds = (least: number, what: string) => z.int().min(least).max(LONGEST_MS).describe(`${what}, in milliseconds`);

/** Times and bounds that stand in an entry, and in `defaults` for all entries. */
export const timingShape = {
  startTimeoutMs: milliseconds(1, "How long the server may take to start and answer").optional(),
  callTimeoutMs: milliseconds(1, "How long one call may take").optional(),
  cacheTtlMs: milliseconds(
    0,
    "How long an answer of a tool trusted as read-only may be served again; 0, the default, for never",
  ).optional(),
  maxResultTokens: z
    .int()
    .min(MAX_RESULT_TOKENS.least)
    .max(MAX_RESULT_TOKENS.most)
    .describe("How much text of one result is shown at once, in tokens of about four bytes; read_result shows the rest")
    .optional(),
  idlePauseMs: milliseconds(0, "How long after its last call a container is paused; 0 for never").optional(),
  idleStopMs: milliseconds(1, "How long after its last call the server is stopped").optional(),
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

const toolNames = z.array(z.string().min(1));

const toolOverride = z
  .object({
    readOnly: z.boolean().describe("Whether the tool only reads; outweighs what the server says").optional(),
    idempotent: z.boolean().describe("Whether calling it twice does no more than calling it once").optional(),
    cacheTtlMs: milliseconds(
      0,
      "How long an answer may be served again if the tool is trusted as read-only; outweighs the entry's",
    ).optional(),
    timeoutMs: milliseconds(1, "How long one call of this tool may take").optional(),
    examples: z
      .array(z.string().min(1))
      .max(20)
      .describe("What people say when they want this tool, a sentence each; found by discover")
      .optional(),
  })
  .describe("Settings of one tool");

const variableName = z.string().regex(/^[^=\0]+$/, "a variable name without = and NUL");
const variableValue = z.string().regex(/^[^\0]*$/, "text without NUL characters");

/** The keys every entry may have, whatever its runtime, in their normal form. */
export const commonShape = {
  env: z.record(variableName, variableValue).describe("Environment variables of the server").optional(),
  headers: z.record(z.string(), z.string()).describe("HTTP headers sent with every request, such as Authorization").optional(),
  envFile: z.string().min(1).describe("A .env file with more variables; env outweighs it").optional(),
  transport: z.enum(["stdio", "http", "sse"]).describe("How MCP is spoken to the server").optional(),
  description: z.string().describe("What the server is good for, in one sentence; found by discover").optional(),
  tags: z.array(z.string().min(1)).describe("Words to group servers by").optional(),
  enabled: z.boolean().describe("Whether the server is offered at all; default true").optional(),
  protocolEra: z
    .enum(["auto", "legacy", "modern"])
    .describe("MCP up to 2025-11-25 (legacy), from 2026-07-28 (modern), or what a probe finds (auto, the default)")
    .optional(),
  replicas: z
    .int()
    .min(1)
    .max(16)
    .describe("How many of it run side by side and share the calls, each started when it is needed; default 1")
    .optional(),
  affinity: z
    .enum(["session", "none"])
    .describe(
      "Which replica a call goes to: always the same (session) or the least busy (none); by default the same if it keeps HTTP sessions",
    )
    .optional(),
  tools: z
    .object({
      allow: toolNames.describe("The tools that may be seen and called; * stands for any characters; default all").optional(),
      deny: toolNames.describe("Tools that may not be seen or called, whatever allow says").optional(),
      overrides: z.record(z.string(), toolOverride).describe("Settings of single tools, by name").optional(),
    })
    .describe("Which tools may be used, and how")
    .optional(),
  trust: z
    .object({
      annotations: z.boolean().describe("Whether readOnlyHint and idempotentHint of the server are believed").optional(),
    })
    .describe("What the server is believed")
    .optional(),
  ...timingShape,
  warm: z.boolean().describe("Whether the server is started with the gateway; default false").optional(),
  toolsFile: z.string().min(1).describe("A stored tools/list result, the catalog until the server has run").optional(),
};

/** Keys outside a runtime's own whose strings take variables; `envFile` comes before them. */
export const COMMON_EXPANDED = ["env", "headers", "toolsFile"];

const inputDeclaration = z.object({
  id: z.string().min(1).describe(`The name used in \${input:id}; set it by SALLYPORT_INPUT_<ID>`),
  type: z.enum(["promptString", "pickString", "command"]).describe("The kind of question, as in VS Code").optional(),
  description: z.string().describe("What is asked for").optional(),
  default: z.string().describe("The value when nothing is set").optional(),
  password: z.boolean().describe("Whether the value is a secret").optional(),
  options: z.array(z.unknown()).describe("The answers of a pickString").optional(),
  command: z.string().describe("The VS Code command of a command input").optional(),
  args: z.unknown().describe("Arguments of that command").optional(),
});

/** Everything beside the entries at the top of the file. */
export const settingsShape = {
  engine: z
    .string()
    .min(1)
    .describe('Which container engine to use: "podman", "docker" or an address such as unix:///run/docker.sock; read at a start')
    .optional(),
  rememberChoices: z
    .boolean()
    .describe("Whether discover remembers, on this machine, which tools were called after which needs; default true")
    .optional(),
  ...watchingShape,
  search: searchSchema.describe("Models that help discover; none by default").optional(),
  $schema: z.string().describe("Where the JSON schema of this file is").optional(),
  version: z.literal(1).describe("The version of this format").optional(),
  defaults: z
    .object({ ...timingShape, drainMs: milliseconds(0, "How long calls in flight may take to finish at shutdown").optional() })
    .describe("Settings for every server that does not say otherwise")
    .optional(),
  inputs: z.array(inputDeclaration).describe(`Values asked of a person, used as \${input:id}`).optional(),
};

export const commonSchema = z.object(commonShape);
export const settingsSchema = z.object(settingsShape);
