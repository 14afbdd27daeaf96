import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { isJsonObject } from "../model/json.ts";

/** What became of reading a file: its text, nothing there, or a reason why it is not read. */
export type FileReading =
  | { readonly kind: "text"; readonly text: string; readonly mode: number }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads a small text file whole. */
export type FileReader = (path: string, capBytes: number) => FileReading;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  ENXIO: "not a regular file",
};

/**
 * Reads a regular UTF-8 file of at most `capBytes`; never throws and never waits on a FIFO or device. A byte order mark
 * is dropped.
 */
export const readRegularFile: FileReader = (path, capBytes) => {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // opening a FIFO would otherwise wait for a writer
    return readOpen(descriptor, capBytes);
  } catch (error) {
    const code = isJsonObject(error) && typeof error["code"] === "string" ? error["code"] : "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    return { kind: "refused", reason: REASONS[code] ?? `cannot be read (${code})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};

function readOpen(descriptor: number, capBytes: number): FileReading {
  const facts = fstatSync(descriptor);
  if (facts.isDirectory()) return { kind: "refused", reason: "it is a directory" };
  if (!facts.isFile()) return { kind: "refused", reason: "not a regular file" };
  const bytes = Buffer.allocUnsafe(capBytes + 1); // not the size the file says: it may grow, and files of /proc say 0
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(descriptor, bytes, length, bytes.length - length, null);
  }
  if (length > capBytes) return { kind: "refused", reason: `larger than ${capBytes / 1_024} KiB` };
  return decode(bytes.subarray(0, length), facts.mode & 0o7777);
}

function decode(bytes: Uint8Array, mode: number): FileReading {
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), mode };
  } catch {
    return { kind: "refused", reason: "not UTF-8 text" };
  }
}
