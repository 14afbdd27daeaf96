// @ts-check
// Computes as much as a line asks for, and tells how long that took, without the waiting for a CPU that other processes had.
import { createInterface } from "node:readline";
import { work } from "../busy-work.mjs";
import { machineMs, waitedMs } from "../own-time.mjs";

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, units } = JSON.parse(line);
  const [began, waited] = [machineMs(), waitedMs()];
  const sum = work(units);
  const ms = machineMs() - began - (waitedMs() - waited);
  process.stdout.write(`${JSON.stringify({ id, ms, sum })}\n`);
});
