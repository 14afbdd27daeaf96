import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isRunning } from "../state/process-identity.ts";
import { cachePath, type Environment } from "../state/state-path.ts";

const OTHERS = 0o077;
const SUM_BYTES = 4;
/** A version of ours, or of Node in front of its platform. */
const OF_A_VERSION = /^v?\d+\.\d+\.\d+/;
/** A chunk's name, and the process that is writing it. */
const DRAFT = /\.js\.(\d+)$/;

/**
 * The compiled form of our code, kept for the next start: a fifth of the way to a process' first search goes with it. It is kept per version of
 * ours and of Node, and only in a directory of ours that is closed to everybody else, since kept code is code that is run. What other
 * versions of ours have kept goes with the first that is written. `NODE_DISABLE_COMPILE_CACHE` switches it off.
 */
export class KeptCode {
  readonly #version: string;
  readonly #root: string;
  readonly #isOff: boolean;
  readonly #uid: number | undefined;

  constructor(version: string, env: Environment = process.env, uid = process.getuid?.()) {
    this.#version = version;
    this.#root = cachePath(env, homedir());
    this.#isOff = Boolean(env["NODE_DISABLE_COMPILE_CACHE"]);
    this.#uid = uid;
  }

  /** Where Node may keep that of the packages; undefined as long as nothing may be kept. */
  get packages(): string | undefined {
    return this.#isOurs() ? join(this.#root, "compiled", this.#version) : undefined;
  }

  /** The compiled form of a source; undefined unless it was kept for this very source, and whole. */
  read(name: string, source: Buffer): Buffer | undefined {
    try {
      const file = this.#isOurs() ? readFileSync(join(this.#directory, name)) : undefined;
      const code = file?.subarray(0, -2 * SUM_BYTES);
      return file && code && file.subarray(code.length).equals(sums(source, code)) ? code : undefined;
    } catch {
      return undefined; // nothing was kept yet, or it cannot be read: then it is compiled
    }
  }

  /** Keeps the compiled form of a source, whole or not at all. */
  write(name: string, source: Buffer, code: Buffer): void {
    try {
      if (!this.#isOurs()) return;
      this.#clear();
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      replaceFile(join(this.#directory, name), Buffer.concat([code, sums(source, code)]));
      clearDrafts(this.#directory);
    } catch {
      // a full disk, or a file in the way: it costs the next start its time and nothing else
    }
  }

  get #directory(): string {
    return join(this.#root, "compiled", this.#version, `${process.version}-${process.arch}`);
  }

  /** A gateway makes the directory when it opens its state; before the first has, nothing is kept. */
  #isOurs(): boolean {
    try {
      const found = lstatSync(this.#root);
      const isClosed = found.isDirectory() && (found.mode & OTHERS) === 0;
      return !this.#isOff && isClosed && (this.#uid === undefined || found.uid === this.#uid);
    } catch {
      return false;
    }
  }

  /** Removes what other versions have kept; behind a link the room is somebody else's. */
  #clear(): void {
    const kept = join(this.#root, "compiled");
    const names = lstatSync(kept, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(kept) : [];
    const others = names.filter((name) => name !== this.#version && OF_A_VERSION.test(name));
    for (const name of others) rmSync(join(kept, name), { recursive: true, force: true });
  }
}

/**
 * Removes what processes that were killed in the middle of writing have left: their chunk is not kept, so that the next process comes
 * here. One of another container that shares the directory only loses what it was about to keep.
 */
function clearDrafts(directory: string): void {
  for (const name of readdirSync(directory)) {
    const writer = DRAFT.exec(name)?.[1];
    if (writer !== undefined && !isRunning(Number(writer))) rmSync(join(directory, name), { force: true });
  }
}

/** Nobody ever sees half of it, and nothing stays behind where it fails. */
function replaceFile(file: string, bytes: Buffer): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, bytes, { mode: 0o600 });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What tells that neither the source nor the code is another, or torn. */
function sums(source: Buffer, code: Buffer): Buffer {
  const bytes = Buffer.alloc(2 * SUM_BYTES);
  bytes.writeUInt32LE(crc32(source), 0);
  bytes.writeUInt32LE(crc32(code), SUM_BYTES);
  return bytes;
}
