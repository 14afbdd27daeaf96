import * as z from "zod/mini";

/**
 * Says what a schema is for; the text goes into the JSON schema of the registry. As a check (`z.describe`) it would have every schema
 * made twice, at every start.
 */
export function described<T extends z.ZodMiniType>(schema: T, description: string): T {
  z.globalRegistry.add(schema, { description });
  return schema;
}
