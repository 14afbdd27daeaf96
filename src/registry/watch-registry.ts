import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { canonicalJson } from "../model/json.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { type LoadOptions, type RegistryStart, readRegistry } from "./load-registry.ts";
import type { RegistryReading } from "./parse-registry.ts";

const DEBOUNCE_MS = 100;
const POLL_MS = 2_000;

export interface WatchOptions extends LoadOptions {
  readonly clock: Clock;
  /** How the registry was read last, so that only a difference is told. */
  readonly current: RegistryStart;
  /** Hears every reading that differs from the one before it, good or bad. Must not throw. */
  readonly onChange: (reading: RegistryReading) => void;
}

/** Watches registry.json and the files its values come from; disposing the watch ends it, even in the middle of a reading. */
export const watchRegistry = (options: WatchOptions): Disposable => new RegistryWatch(options);

/**
 * The directory is watched and not the file, whose watch would be lost when an editor renames a new file over it. A poll of
 * every file's status stands in where the system tells nothing: network file systems, links, a directory that was gone.
 */
class RegistryWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #directory: string;
  #files: readonly string[];
  #told: string;
  #seen = ""; // differs from every status, so the first poll catches what changed before we watched
  #watcher: FSWatcher | undefined;
  #watched: string | undefined;
  #debounce: Timer | undefined;
  #poll: Timer;
  #reading = false;
  #again = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#directory = dirname(options.file);
    this.#files = options.current.files;
    this.#told = outcomeOf(options.current);
    this.#watchDirectory();
    this.#poll = this.#pollLater();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#debounce?.[Symbol.dispose]();
    this.#poll[Symbol.dispose]();
  }

  #pollLater(): Timer {
    return this.#options.clock
      .after(POLL_MS, () => {
        this.#watchDirectory();
        if (this.#status() !== this.#seen) void this.#read(); // it never rejects
        this.#poll = this.#pollLater();
      })
      .unref();
  }

  /** Begins to watch, or begins anew when another directory has come in the place of the watched one. */
  #watchDirectory(): void {
    const present = statusOf(this.#directory, identity);
    if (this.#watcher && present === this.#watched) return;
    this.#forgetWatcher();
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, (_, name) => this.#noticed(name));
      this.#watcher.on("error", () => this.#forgetWatcher()); // the poll begins anew
      this.#watched = present;
    } catch {
      this.#watcher = undefined; // no such directory, or no watch left in the system: the poll goes on
    }
  }

  #forgetWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #noticed(name: string | null): void {
    if (name !== null && !this.#watchedFiles().some((file) => basename(file) === name)) return;
    this.#debounce?.[Symbol.dispose]();
    this.#debounce = this.#options.clock.after(DEBOUNCE_MS, () => void this.#read()).unref();
  }

  async #read(): Promise<void> {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      do {
        this.#again = false;
        this.#seen = this.#status(); // before reading: a change during it must still be seen
        const reading = await readRegistry(this.#options);
        if (this.#closed) return;
        this.#files = reading.files;
        this.#tell(reading);
      } while (this.#again);
    } finally {
      this.#reading = false;
    }
  }

  #tell(reading: RegistryReading): void {
    const outcome = outcomeOf(reading);
    if (outcome === this.#told) return;
    this.#told = outcome;
    this.#options.onChange(reading);
  }

  #watchedFiles(): readonly string[] {
    return [this.#options.file, ...this.#files];
  }

  #status(): string {
    return this.#watchedFiles()
      .map((file) => `${file} ${statusOf(file, version)}`)
      .join("\n");
  }
}

const outcomeOf = (reading: RegistryStart): string =>
  reading.kind === "loaded"
    ? canonicalJson({ digest: reading.snapshot.digest, warnings: reading.snapshot.warnings })
    : canonicalJson({ problems: reading.problems });

type Stat = NonNullable<ReturnType<typeof bigStat>>;

const bigStat = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false });
const identity = ({ dev, ino, birthtimeNs }: Stat): string => [dev, ino, birthtimeNs].join(":");
const version = ({ dev, ino, size, mtimeNs, ctimeNs }: Stat): string => [dev, ino, size, mtimeNs, ctimeNs].join(":");

function statusOf(path: string, describe: (stat: Stat) => string): string {
  try {
    const stat = bigStat(path);
    return stat ? describe(stat) : "absent";
  } catch {
    return "unreadable";
  }
}
