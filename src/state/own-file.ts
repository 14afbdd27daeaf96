import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { GatewayError } from "../model/errors.ts";
import { fileFailure, systemCode } from "./file-failure.ts";

/**
 * The file name that stands for any string: a readable part and 128 bits of its SHA-256. Safe on every file system,
 * without dots or separators, and different for different strings, lone surrogates and letter case included.
 */
export function fileNameFor(name: string): string {
  const readable = name
    .slice(0, 48)
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-+|-+$/g, "");
  // JSON text, because UTF-8 folds all lone surrogates into one character
  const digest = createHash("sha256").update(JSON.stringify(name)).digest("hex").slice(0, 32);
  return readable ? `${readable}-${digest}` : digest;
}

/** Reads a regular file of at most `maxBytes`; undefined if there is none. Never follows a link or waits for a pipe. */
export async function readOwnFile(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    return await readRegular(path, maxBytes);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw fileFailure(`Cannot read "${path}"`, error);
  }
}

async function readRegular(path: string, maxBytes: number): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new GatewayError("needs_config", `Cannot read "${path}": it is not a regular file`);
    if (found.size > maxBytes) {
      const sizes = `it has ${found.size} bytes, at most ${maxBytes} are read`;
      throw new GatewayError("resource_exhausted", `Cannot read "${path}": ${sizes}`);
    }
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
