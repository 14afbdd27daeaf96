// Builds dist/ from src/ with esbuild, from scratch: a few files that load in half the time of a few hundred. What is loaded
// at every start is in the bundle, with the licences of its authors beside it; what is CommonJS or rarely needed stays a package.
// dist/main.js is src/launch, which runs the chunks: the modules of the bundle as scripts, of which V8 can keep the compiled form.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { makeChunk } from "./make-chunk.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minifyWhitespace: true,
  minifySyntax: true,
  write: false,
  logLevel: "warning",
};

rmSync(dist, { recursive: true, force: true });
const { outputFiles, metafile } = await build({
  ...shared,
  entryPoints: { program: "src/main.ts" },
  outdir: join(dist, "chunks"),
  splitting: true,
  mainFields: ["module", "main"], // jsonc-parser is whole only as a module
  external: ["undici"],
  plugins: [
    oneGround(join(root, "src/faces/mcp/run-serve.ts")),
    {
      name: "one-language",
      // zod hands its fifty languages around as one object, so a bundler keeps them all; ours are English
      setup: ({ onLoad }) =>
        onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export { default as en } from "./en.js";' })),
    },
  ],
  metafile: true,
});
mkdirSync(join(dist, "chunks"), { recursive: true });
for (const { path, text } of outputFiles) writeFileSync(path, makeChunk(text, basename(path)));
await build({
  ...shared,
  entryPoints: { main: "src/launch/launch.ts" },
  outdir: dist,
  format: "cjs", // Node is there sooner without its loader of modules
  define: { "import.meta.url": "here" },
  banner: { js: 'const here = require("node:url").pathToFileURL(__filename).href;' },
  write: true,
});
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), licencesOf(bundledPackages(Object.keys(metafile.inputs))));
chmodSync(join(dist, "main.js"), 0o755);

/**
 * Puts what the first answer needs into one file, since every file more costs half a millisecond at every start. A chunk is what
 * the same entries use, so every entry is made to use all of it.
 */
function oneGround(ground) {
  const sources = readdirSync(join(root, "src"), { recursive: true }).filter((file) => file.endsWith(".ts"));
  const entries = new Set(sources.flatMap((file) => importedLate(join(root, "src", file))));
  return {
    name: "one-ground",
    setup({ onResolve, onLoad }) {
      // marked the same way at every import, or esbuild drops those that nothing is taken from
      onResolve({ filter: /(^one-ground|\/run-serve\.ts)$/ }, () => ({ path: ground, sideEffects: true }));
      onLoad({ filter: /\.ts$/ }, ({ path }) =>
        entries.has(path) ? { contents: `import "one-ground";\n${readFileSync(path, "utf8")}`, loader: "ts" } : undefined,
      );
    },
  };
}

/** The files of ours that a file loads when it needs them. */
function importedLate(file) {
  return [...readFileSync(file, "utf8").matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, path]) => join(dirname(file), path));
}

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
