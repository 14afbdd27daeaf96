// Writes src/wire/string-scan-wasm.ts from string-scan.wat.
// Run: npm run wasm
import { writeFileSync } from "node:fs";
import { assembled } from "./assemble.ts";

const source = new URL("../src/wire/string-scan.wat", import.meta.url);
writeFileSync(new URL("string-scan-wasm.ts", source), await assembled(source));
