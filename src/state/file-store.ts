import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../model/errors.ts";
import type { StateStore } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { removeAbandonedTemps, writeFileAtomically } from "./atomic-file.ts";
import { fileFailure } from "./file-failure.ts";
import { fileNameFor, readOwnFile } from "./own-file.ts";

/** The largest text that is kept; a larger file is treated as if it were not there. */
export const MAX_STATE_BYTES = 32 * 2 ** 20;

const ABANDONED_AFTER_MS = 3_600_000;

export interface FileStoreOptions {
  /** A directory that `openStateDirs` has prepared. */
  readonly directory: string;
  readonly clock: Clock;
  /** Hears every text that could not be read, kept or removed. Must not throw. */
  readonly onFailure: (failure: GatewayError) => void;
}

/** Opens a store over a directory and removes what killed writers left there. */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  await removeAbandonedTemps(options.directory, options.clock.wallTime() - ABANDONED_AFTER_MS);
  return new FileStore(options);
}

/**
 * Named texts as files, one each. No method ever rejects: state that is lost costs time, so a failure goes to `onFailure`
 * and the old text stays. Writes to one name happen in the order they were asked for, and a read waits for them;
 * disposing waits for all of them.
 */
export class FileStore implements StateStore, AsyncDisposable {
  readonly #directory: string;
  readonly #onFailure: (failure: GatewayError) => void;
  readonly #turns = new Map<string, Promise<void>>();

  constructor(options: FileStoreOptions) {
    this.#directory = options.directory;
    this.#onFailure = options.onFailure;
  }

  async read(name: string): Promise<string | undefined> {
    await this.#turns.get(name);
    try {
      return await readOwnFile(this.#path(name), MAX_STATE_BYTES);
    } catch (error) {
      this.#onFailure(fileFailure(`Cannot read state "${name}"`, error));
      return undefined;
    }
  }

  write(name: string, text: string | readonly string[]): Promise<void> {
    return this.#inTurn(name, `Cannot keep state "${name}"`, async () => {
      const pieces = typeof text === "string" ? [text] : text;
      const bytes = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
      if (bytes > MAX_STATE_BYTES) {
        const sizes = `it has ${bytes} bytes, at most ${MAX_STATE_BYTES} are kept`;
        throw new GatewayError("resource_exhausted", `Cannot keep state "${name}": ${sizes}`);
      }
      await writeFileAtomically(this.#path(name), pieces);
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(name, `Cannot remove state "${name}"`, () => rm(this.#path(name), { force: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#turns.size > 0) await Promise.all(this.#turns.values());
  }

  #path(name: string): string {
    return join(this.#directory, fileNameFor(name));
  }

  #inTurn(name: string, failing: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn: Promise<void> = before
      .then(work)
      .catch((error: unknown) => this.#onFailure(fileFailure(failing, error)))
      .finally(() => {
        if (this.#turns.get(name) === turn) this.#turns.delete(name);
      });
    this.#turns.set(name, turn);
    return turn;
  }
}
