import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { intoReusedBuffer } from "../../wire/reused-buffer.ts";

const STDIN = 0;

/** What the host writes to us: as `process.stdin`, but cheaper to read where it is a pipe or a socket. */
export function standardInput(): Readable {
  const stat = fstatSync(STDIN);
  if (!stat.isFIFO() && !stat.isSocket()) return process.stdin;
  const input: Socket = new Socket({ fd: STDIN, readable: true, ...intoReusedBuffer((chunk) => input.push(chunk)) });
  return input;
}
