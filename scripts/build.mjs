// Builds dist/ from src/ with esbuild, from scratch: a few files that load in half the time of a few hundred. What is loaded
// at every start is in the bundle, with the licences of its authors beside it; what is CommonJS or rarely needed stays a package.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/main.ts"],
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  mainFields: ["module", "main"], // jsonc-parser is whole only as a module
  external: ["undici"],
  // a CommonJS package within the bundle asks for Node's own modules by require
  banner: { js: 'import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);' },
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [
    {
      name: "one-language",
      // zod hands its fifty languages around as one object, so a bundler keeps them all; ours are English
      setup: ({ onLoad }) =>
        onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export { default as en } from "./en.js";' })),
    },
  ],
  metafile: true,
  logLevel: "warning",
});
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), licencesOf(bundledPackages(Object.keys(metafile.inputs))));
chmodSync(join(dist, "main.js"), 0o755);

/** The folders of the packages that files of the bundle come from. */
function bundledPackages(files) {
  const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
  return [...new Set(files.flatMap((file) => folder.exec(file)?.[1] ?? []))].sort();
}

function licencesOf(folders) {
  return folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry)) ?? "";
      const text = file ? readFileSync(join(root, folder, file), "utf8").trim() : "";
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
