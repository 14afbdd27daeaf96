import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { abandonOnAbort } from "../time/linked-signal.ts";
import { type Engine, type EngineFacts, type FindEngineOptions, findEngine } from "./engine-endpoint.ts";
import { isFault } from "./engine-errors.ts";

/** Keeps the one engine of this gateway: looked for when first needed, shared, and looked for anew once it has gone. */
export class EngineConnector implements AsyncDisposable {
  readonly #options: FindEngineOptions;
  #current: Promise<Engine> | undefined;
  #facts: EngineFacts | undefined;
  #problem: string | undefined;
  #closed = false;
  #checking: Promise<void> | undefined;

  constructor(options: Omit<FindEngineOptions, "onGone">) {
    this.#options = options;
  }

  /** The engine; throws `unavailable` with all that was tried. A caller who leaves does not end the search for others. */
  engine(signal?: Signal): Promise<Engine> {
    const engine = this.#engine();
    return signal ? abandonOnAbort(engine, signal) : engine;
  }

  /** Work that may be done twice, on the engine of today; where that turns out to have gone, once more on the next one. */
  async use<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await this.engine();
    try {
      return await work(engine);
    } catch (error) {
      if (!isFault(error, "gone")) throw error;
    }
    return await work(await this.engine());
  }

  /** What `status` shows: the engine in use, why none is, or that nobody has asked for one yet. */
  get state(): { readonly facts?: EngineFacts; readonly problem?: string } {
    if (this.#facts) return { facts: this.#facts };
    return this.#problem === undefined ? {} : { problem: this.#problem };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const engine = await this.#current?.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }

  async #engine(): Promise<Engine> {
    await this.#checking;
    if (this.#closed) throw new GatewayError("shutting_down", "Container engine is no longer used: shutting down");
    this.#current ??= this.#find();
    return this.#current;
  }

  #find(): Promise<Engine> {
    const search = findEngine({ ...this.#options, onGone: () => this.#check(search) });
    search.then(
      ({ facts }) => {
        this.#facts = facts;
        this.#problem = undefined;
      },
      (error: unknown) => {
        this.#problem = GatewayError.from(error).message;
        this.#forget(search);
      },
    );
    return search;
  }

  /** One lost call may be the call's own misfortune: only an engine that does not answer a ping either is given up. */
  #check(search: Promise<Engine>): void {
    if (this.#closed || this.#checking || this.#current !== search) return;
    this.#checking = this.#giveUpUnlessAlive(search).finally(() => {
      this.#checking = undefined;
    });
  }

  async #giveUpUnlessAlive(search: Promise<Engine>): Promise<void> {
    const engine = await search.catch(() => undefined);
    try {
      await engine?.api.handshake();
    } catch {
      this.#forget(search);
      await closeQuietly(engine);
    }
  }

  #forget(search: Promise<Engine>): void {
    if (this.#current !== search) return;
    this.#current = undefined;
    this.#facts = undefined;
  }
}

/** It is gone: that its connections do not close well is no news. */
async function closeQuietly(engine: Engine | undefined): Promise<void> {
  try {
    await engine?.[Symbol.asyncDispose]();
  } catch {
    return;
  }
}
