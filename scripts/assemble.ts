import { readFileSync } from "node:fs";
import wabt from "wabt";

/** The source of a WebAssembly module as the TypeScript file that holds its bytes. */
export async function assembled(wat: URL): Promise<string> {
  const { parseWat } = await wabt();
  const { buffer } = parseWat("string-scan.wat", readFileSync(wat, "utf8"), { simd: true }).toBinary({});
  const text = Buffer.from(buffer)
    .toString("base64")
    .replaceAll(/.{1,120}/g, (line) => `  "${line}" +\n`);
  return `// Made of string-scan.wat by \`npm run wasm\`.\nexport const STRING_SCAN =\n${text.slice(0, -3)};\n`;
}
