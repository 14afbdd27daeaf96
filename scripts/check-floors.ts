// Fails when an import goes up a floor, sideways on one, or round in a circle, and when time is read outside time/.
// Run: npm run floors [-- src]
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const GROUND = ["model", "time", "wire"];
const ROOMS = [
  "registry",
  "runtime",
  "transport",
  "lifecycle",
  "resilience",
  "cache",
  "catalog",
  "search",
  "results",
  "inference",
  "security",
  "state",
  "telemetry",
];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  time: ["model"],
  wire: ["model"],
  ...Object.fromEntries(ROOMS.map((room) => [room, GROUND])),
  gateway: [...GROUND, ...ROOMS],
  faces: [...GROUND, "gateway"],
  "main.ts": [...GROUND, ...ROOMS, "gateway", "faces"],
  launch: ["time", "state"],
};
const TIME =
  /\b(?:Date\.now|Date\(\)|setTimeout|setInterval|performance\.(?:now|timeOrigin)|hrtime|AbortSignal\.timeout|scheduler\.wait)/;
/** It retains what listens to a long-lived signal (nodejs/node#54614): time/linked-signal.ts has an owner for each. */
const LEAK = /\bAbortSignal\.any\(/;
const IMPORTS = /\bfrom\s+"(\.[^"]+)"|\bimport\s+"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"\s*\)/g;

const root = resolve(process.argv[2] ?? "src");
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(entry.parentPath, entry.name));
const roomOf = (file: string): string => relative(root, file).split("/")[0] ?? "";

const graph = new Map<string, string[]>();
const problems: string[] = [];
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const targets = [...text.matchAll(IMPORTS)].map((match) => resolve(dirname(file), match[1] ?? match[2] ?? match[3] ?? ""));
  graph.set(file, targets);
  const from = roomOf(file);
  for (const target of targets) {
    const to = roomOf(target);
    if (target.endsWith(".json")) continue; // a fact, not a floor
    if (from === to || MAY_IMPORT[from]?.includes(to)) continue;
    const allowed = MAY_IMPORT[from]?.join(", ") || "nothing";
    problems.push(`${relative(root, file)} may not import ${relative(root, target)}: ${from} stands on ${allowed}`);
  }
  if (from !== "time" && TIME.test(text))
    problems.push(`${relative(root, file)} reads time itself: take a Clock from time/clock.ts`);
  if (LEAK.test(text)) problems.push(`${relative(root, file)} joins signals by AbortSignal.any: use time/linked-signal.ts`);
}
problems.push(
  ...circles(graph).map((circle) => `Imports go in a circle: ${circle.map((file) => relative(root, file)).join(" -> ")}`),
);

for (const problem of problems) console.error(problem);
console.error(`check-floors: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return found;
}
