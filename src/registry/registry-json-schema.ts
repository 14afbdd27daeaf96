import { z } from "zod";
import type { RuntimeKind } from "../model/ports.ts";
import { ERA_NAMES, KEY_ALIASES, TRANSPORT_NAMES } from "./aliases.ts";
import { commonShape, settingsShape } from "./entry-schema.ts";

/** The JSON schema of registry.json, for editors: everything the parser accepts, aliases of other clients included. */
export function registryJsonSchema(kinds: readonly RuntimeKind[]): Record<string, unknown> {
  const entry = z
    .looseObject(writtenShape(kinds))
    .meta({ id: "server", description: "One MCP server: how it is reached, and how it may be used" });
  const servers = z.record(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), entry);
  const root = z.looseObject({
    ...settingsShape,
    mcpServers: servers.describe("The servers, by name").optional(),
    servers: servers.describe("The same as mcpServers, as VS Code writes it").optional(),
  });
  const { $schema, ...rest } = z.toJSONSchema(root, { io: "input", unrepresentable: "any" });
  return { $schema, title: "Sallyport registry", ...rest };
}

/** An entry as it may be written: the normal form of every key, and its aliases. */
function writtenShape(kinds: readonly RuntimeKind[]): z.ZodRawShape {
  const owned = kinds.flatMap(({ shape }) => Object.entries(shape)).map(([key, schema]) => [key, z.optional(schema)]);
  const normal = { ...commonShape, ...Object.fromEntries(owned), ...widened() } satisfies z.ZodRawShape;
  const aliases = Object.entries(KEY_ALIASES).flatMap(([name, names]) => names.map((alias) => [alias, aliasOf(name, normal)]));
  return { ...Object.fromEntries(aliases), ...normal };
}

function aliasOf(name: string, normal: z.ZodRawShape): z.core.$ZodType {
  if (name === "enabled") return z.boolean().describe("Whether the server is switched off").optional();
  return z.optional(normal[name] ?? z.unknown()).describe(`Another name for ${name}`);
}

/** Keys that take more forms than they have inside. */
function widened() {
  const command = z.union([
    z.string().min(1),
    z.array(z.string()).min(1),
    z.looseObject({
      path: z.string().min(1).describe("The program"),
      args: z.array(z.string()).describe("Its arguments").optional(),
      env: commonShape.env,
    }),
  ]);
  const tool = commonShape.tools.unwrap();
  return {
    command: command
      .describe("The program to run: its name, a list with its arguments, or an object with path, args and env")
      .optional(),
    transport: z.enum(Object.keys(TRANSPORT_NAMES)).describe("How MCP is spoken to the server").optional(),
    protocolEra: z.enum(Object.keys(ERA_NAMES)).describe(describedAs(commonShape.protocolEra)).optional(),
    tools: z
      .union([tool.catchall(tool.shape.overrides.unwrap().valueType), z.array(z.string())])
      .describe(describedAs(tool))
      .optional(),
  };
}

const describedAs = (schema: z.ZodType): string => schema.description ?? "";
