import type { StateStore } from "../../model/ports.ts";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import { packBlock, unpackBlock, type VectorBlock } from "../../search/vector-block.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** The name under which a StateStore keeps the vectors of a server's tools. */
export const vectorsName = (server: string): string => `search/vectors/${server}`;

/** What decides a vector besides its text. */
export const makerOf = ({ model, dimensions, documentPrefix }: EmbeddingsSettings): string =>
  JSON.stringify([model, dimensions ?? null, documentPrefix]);

/** The vectors of one model on the disk, a text a server. */
export class KeptVectors {
  readonly #store: StateStore;
  readonly #maker: string;
  readonly #log: Logger;

  constructor(store: StateStore, maker: string, log: Logger) {
    this.#store = store;
    this.#maker = maker;
    this.#log = log;
  }

  /** What an earlier process kept of a server; undefined where that is nothing, damaged, or another model's. */
  async recall(server: string): Promise<VectorBlock | undefined> {
    const text = await this.#store.read(vectorsName(server)).catch(() => undefined); // then it is asked for anew
    const block = text === undefined ? undefined : unpackBlock(text, this.#maker);
    return block?.server === server ? block : undefined;
  }

  /** Never rejects: what is not kept is asked for again by the next process. */
  async keep(block: VectorBlock): Promise<void> {
    const failed = (error: unknown) => this.#log.warn({ server: block.server, error: String(error) }, "vectors not kept");
    await this.#store.write(vectorsName(block.server), packBlock(block, this.#maker)).catch(failed);
  }
}
