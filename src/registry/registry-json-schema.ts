import * as z from "zod/mini";
import type { RuntimeKind } from "../model/ports.ts";
import { ERA_NAMES, KEY_ALIASES, TRANSPORT_NAMES } from "./aliases.ts";
import { commonShape, settingsShape } from "./entry-schema.ts";

/** The JSON schema of registry.json, for editors: everything the parser accepts, aliases of other clients included. */
export function registryJsonSchema(kinds: readonly RuntimeKind[]): Record<string, unknown> {
  const entry = z
    .looseObject(writtenShape(kinds))
    .check(z.meta({ id: "server", description: "One MCP server: how it is reached, and how it may be used" }));
  const servers = z.record(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)), entry);
  const root = z.looseObject({
    ...settingsShape,
    mcpServers: z.optional(servers.check(z.describe("The servers, by name"))),
    servers: z.optional(servers.check(z.describe("The same as mcpServers, as VS Code writes it"))),
  });
  const { $schema, ...rest } = z.toJSONSchema(root, { io: "input", unrepresentable: "any" });
  return { $schema, title: "Sallyport registry", ...rest };
}

/** An entry as it may be written: the normal form of every key, and its aliases. */
function writtenShape(kinds: readonly RuntimeKind[]): z.core.$ZodShape {
  const owned = kinds.flatMap(({ shape }) => Object.entries(shape)).map(([key, schema]) => [key, z.optional(schema)]);
  const normal = { ...commonShape, ...Object.fromEntries(owned), ...widened() } satisfies z.core.$ZodShape;
  const aliases = Object.entries(KEY_ALIASES).flatMap(([name, names]) => names.map((alias) => [alias, aliasOf(name, normal)]));
  return { ...Object.fromEntries(aliases), ...normal };
}

function aliasOf(name: string, normal: z.core.$ZodShape): z.core.$ZodType {
  if (name === "enabled") return z.optional(z.boolean().check(z.describe("Whether the server is switched off")));
  return z.optional(normal[name] ?? z.unknown()).check(z.describe(`Another name for ${name}`));
}

/** Keys that take more forms than they have inside. */
function widened() {
  const command = z.union([
    z.string().check(z.minLength(1)),
    z.array(z.string()).check(z.minLength(1)),
    z.looseObject({
      path: z.string().check(z.minLength(1), z.describe("The program")),
      args: z.optional(z.array(z.string()).check(z.describe("Its arguments"))),
      env: commonShape.env,
    }),
  ]);
  const tool = commonShape.tools.def.innerType;
  return {
    command: z.optional(
      command.check(z.describe("The program to run: its name, a list with its arguments, or an object with path, args and env")),
    ),
    transport: z.optional(z.enum(Object.keys(TRANSPORT_NAMES)).check(z.describe("How MCP is spoken to the server"))),
    protocolEra: z.optional(z.enum(Object.keys(ERA_NAMES)).check(z.describe(describedAs(commonShape.protocolEra.def.innerType)))),
    tools: z.optional(
      z
        .union([z.catchall(tool, tool.shape.overrides.def.innerType.def.valueType), z.array(z.string())])
        .check(z.describe(describedAs(tool))),
    ),
  };
}

const describedAs = (schema: z.ZodMiniType): string => z.globalRegistry.get(schema)?.description ?? "";
