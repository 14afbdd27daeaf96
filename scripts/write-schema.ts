// Writes schema/registry.schema.json from the schemas the parser itself uses.
// Run: npm run schema
import { mkdirSync, writeFileSync } from "node:fs";
import { registryJsonSchema } from "../src/registry/registry-json-schema.ts";
import { runtimeKinds } from "../src/runtime/index.ts";

const directory = new URL("../schema/", import.meta.url);
mkdirSync(directory, { recursive: true });
writeFileSync(new URL("registry.schema.json", directory), `${JSON.stringify(registryJsonSchema(runtimeKinds), undefined, 2)}\n`);
