import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { GatewayError } from "../model/errors.ts";
import type { Lease, LeaseBook, LeaseHolder } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { removeAbandonedTemps, writeFileAtomically } from "./atomic-file.ts";
import { fileFailure, systemCode } from "./file-failure.ts";
import { fileNameFor, readOwnFile } from "./own-file.ts";
import { isRunning, readProcess } from "./process-identity.ts";

const SUFFIX = ".lease";
const MAX_LEASE_BYTES = 4_096;
const ABANDONED_AFTER_MS = 3_600_000;

const Holder = z.object({
  pid: z.int().check(z.positive()), // 0 and below would ask about whole process groups
  processStartTime: z.optional(z.string()),
  gatewayNonce: z.string(),
  createdAt: z.number(),
});

export interface LeaseBookOptions {
  /** A runtime directory that `openStateDirs` has prepared; every gateway of the user must use the same. */
  readonly directory: string;
  readonly gatewayNonce: string;
  readonly clock: Clock;
  readonly pid?: number;
  readonly procRoot?: string;
}

/**
 * Keeps leases as one small file each, named by what is leased and by the gateway's pid. A lease lives as long as its
 * process: pid and start time together tell it from a later process with the same pid. Where there is no /proc only the
 * pid counts.
 */
export class FileLeaseBook implements LeaseBook {
  readonly #directory: string;
  readonly #gatewayNonce: string;
  readonly #clock: Clock;
  readonly #pid: number;
  readonly #procRoot: string;

  constructor(options: LeaseBookOptions) {
    this.#directory = options.directory;
    this.#gatewayNonce = options.gatewayNonce;
    this.#clock = options.clock;
    this.#pid = options.pid ?? process.pid;
    this.#procRoot = options.procRoot ?? "/proc";
  }

  async acquire(name: string): Promise<Lease> {
    const holder: LeaseHolder = {
      pid: this.#pid,
      processStartTime: (await readProcess(this.#pid, this.#procRoot))?.startTime,
      gatewayNonce: this.#gatewayNonce,
      createdAt: this.#clock.wallTime(),
    };
    // never the same file twice: removing a dead one cannot hit a newcomer, and two leases of one process are two
    const unique = `${this.#pid}.${randomBytes(6).toString("hex")}`;
    const path = join(this.#directory, `${fileNameFor(name)}.${unique}${SUFFIX}`);
    await writeFileAtomically(path, JSON.stringify({ name: name.slice(0, 256), ...holder })); // the name is for people only
    return { name, [Symbol.asyncDispose]: () => this.#remove(path) };
  }

  async holders(name: string): Promise<readonly LeaseHolder[]> {
    const prefix = `${fileNameFor(name)}.`;
    const found = await this.#review((file) => file.startsWith(prefix));
    return found.filter((holder) => holder !== undefined);
  }

  async sweep(): Promise<number> {
    await removeAbandonedTemps(this.#directory, this.#clock.wallTime() - ABANDONED_AFTER_MS);
    const found = await this.#review(() => true);
    return found.filter((holder) => holder === undefined).length;
  }

  /** Reads the chosen lease files; a lease whose process is gone is removed and comes back as undefined. */
  async #review(chosen: (file: string) => boolean): Promise<(LeaseHolder | undefined)[]> {
    const files = (await this.#files()).filter((file) => file.endsWith(SUFFIX) && chosen(file));
    return Promise.all(
      files.map(async (file) => {
        const path = join(this.#directory, file);
        const holder = await readHolder(path);
        if (holder && (await this.#isAlive(holder))) return holder;
        await this.#remove(path);
        return undefined;
      }),
    );
  }

  async #files(): Promise<string[]> {
    try {
      const entries = await readdir(this.#directory, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw fileFailure(`Cannot list leases in "${this.#directory}"`, error);
    }
  }

  async #isAlive(holder: LeaseHolder): Promise<boolean> {
    if (!isRunning(holder.pid)) return false;
    const found = await readProcess(holder.pid, this.#procRoot);
    if (!found) return true;
    if (found.state === "Z" || found.state === "X") return false; // dead, its parent has just not noticed
    return holder.processStartTime === undefined || holder.processStartTime === found.startTime;
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) => {
      throw fileFailure(`Cannot remove lease "${path}"`, error);
    });
  }
}

/**
 * A lease file is small and written whole or not at all, so a damaged one is nobody's claim; one the system does not let us
 * read is an error.
 */
async function readHolder(path: string): Promise<LeaseHolder | undefined> {
  try {
    const text = await readOwnFile(path, MAX_LEASE_BYTES);
    const { processStartTime, ...rest } = Holder.parse(JSON.parse(text ?? ""));
    return { ...rest, processStartTime };
  } catch (error) {
    if (error instanceof GatewayError && systemCode(error.cause) !== undefined) throw error;
    return undefined;
  }
}
