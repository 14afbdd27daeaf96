// @ts-check
// Loaded into the gateway's process beside the gateway (node --import): notes when a question has been answered, and how long the
// main thread had by then waited for a CPU that other processes had. Tells all of it when asked over IPC.
import { machineMs, waitedMs } from "./own-time.mjs";

/** Questions have ids from a billion up; everything else is left alone. */
const QUESTION = /"id":(\d{10})[,}]/g;
/** @type {[id: number, at: number, waitedMs: number][]} */
const answered = [];
const { stdout } = process;
const write = stdout.write.bind(stdout);

/** @param {Uint8Array | string} chunk @param {any[]} rest */
stdout.write = (chunk, ...rest) => {
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1");
  for (const [, id] of text.matchAll(QUESTION)) answered.push([Number(id), machineMs(), waitedMs()]);
  return write(chunk, ...rest);
};
process.on("message", () => process.send?.(answered.splice(0)));
process.channel?.unref();
