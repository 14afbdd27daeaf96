import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { KeptCode } from "./kept-code.ts";

/** What a chunk is given to reach others: at once, later, and where it stands. */
type Chunk = (
  require: (name: string) => unknown,
  late: (name: string) => Promise<unknown>,
  meta: { readonly url: string },
) => unknown;

export interface ChunkOptions {
  /** Where the chunks lie. */
  readonly directory: string;
  readonly kept: Pick<KeptCode, "read" | "write">;
  /** For what is no chunk: Node's own modules, and packages. */
  readonly require: (name: string) => unknown;
}

interface Compiled {
  readonly name: string;
  readonly source: Buffer;
  readonly script: Script;
}

/**
 * Loads the pieces of the bundle, each once. A piece is a function in a script instead of a module, since of a script V8 can take and give
 * the compiled form, whereas Node 20 compiles modules at every start.
 */
export class Chunks {
  readonly #options: ChunkOptions;
  readonly #loaded = new Map<string, unknown>();
  /** Those that were not found compiled. */
  readonly #compiled: Compiled[] = [];

  constructor(options: ChunkOptions) {
    this.#options = options;
  }

  /** What a chunk has to offer; `"./name.js"`. */
  load(name: string): unknown {
    if (!this.#loaded.has(name)) this.#loaded.set(name, this.#run(name));
    return this.#loaded.get(name);
  }

  /** Keeps the compiled form of one chunk that was not found compiled, with every function in it that has run; false when there is none. */
  keepOne(): boolean {
    const next = this.#compiled.pop();
    if (next) this.#options.kept.write(next.name, next.source, next.script.createCachedData());
    return next !== undefined;
  }

  #run(name: string): unknown {
    const { directory, kept } = this.#options;
    const filename = join(directory, name);
    const source = readFileSync(filename);
    const cachedData = kept.read(name, source);
    const script = new Script(source.toString("latin1"), { filename, ...(cachedData && { cachedData }) });
    if (!cachedData || script.cachedDataRejected) this.#compiled.push({ name, source, script });
    const chunk = script.runInThisContext() as Chunk;
    return chunk(this.#require, this.#late, { url: pathToFileURL(filename).href });
  }

  readonly #require = (name: string): unknown => (name.startsWith("./") ? this.load(name) : this.#options.require(name));

  readonly #late = async (name: string): Promise<unknown> => this.#require(name);
}
