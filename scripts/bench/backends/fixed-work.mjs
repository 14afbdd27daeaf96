// @ts-check
// Computes as much as a line asks for, and tells how long that took, without the waiting for a CPU that other processes had.
import { createInterface } from "node:readline";
import { machineMs, waitedMs } from "../own-time.mjs";

const WORDS = Array.from({ length: 40 }, (_, at) => `word ${(at * 7_919) % 1_000}`);

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, units } = JSON.parse(line);
  const [began, waited] = [machineMs(), waitedMs()];
  let sum = 0;
  for (let unit = 0; unit < units; unit += 1) sum += compute(unit);
  const ms = machineMs() - began - (waitedMs() - waited);
  process.stdout.write(`${JSON.stringify({ id, ms, sum })}\n`);
});

/** Strings, hashing, sorting and some garbage: what a search does, too. @param {number} salt */
function compute(salt) {
  const counts = new Map();
  for (const word of WORDS) counts.set(word + salt, (counts.get(word) ?? 0) + 1);
  return [...counts.keys()].sort().length;
}
