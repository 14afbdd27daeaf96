import { GatewayError } from "../model/errors.ts";
import { abandonOnAbort } from "../time/linked-signal.ts";
import { type Engine, type EngineFacts, type FindEngineOptions, findEngine } from "./engine-endpoint.ts";

/** Keeps the one engine of this gateway: looked for when first needed, shared, and looked for anew once it has gone. */
export class EngineConnector implements AsyncDisposable {
  readonly #options: FindEngineOptions;
  #current: Promise<Engine> | undefined;
  #facts: EngineFacts | undefined;
  #problem: string | undefined;
  #closed = false;

  constructor(options: Omit<FindEngineOptions, "onGone">) {
    this.#options = options;
  }

  /** The engine; throws `unavailable` with all that was tried. A caller who leaves does not end the search for others. */
  engine(signal?: AbortSignal): Promise<Engine> {
    if (this.#closed)
      return Promise.reject(new GatewayError("shutting_down", "Container engine is no longer used: shutting down"));
    this.#current ??= this.#find();
    return signal ? abandonOnAbort(this.#current, signal) : this.#current;
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

  #find(): Promise<Engine> {
    const search = findEngine({ ...this.#options, onGone: () => void this.#forget(search) });
    search.then(
      ({ facts }) => {
        this.#facts = facts;
        this.#problem = undefined;
      },
      (error: unknown) => {
        this.#problem = GatewayError.from(error).message;
        void this.#forget(search);
      },
    );
    return search;
  }

  async #forget(search: Promise<Engine>): Promise<void> {
    if (this.#current !== search) return; // a newer search is not touched by what an old engine reports
    this.#current = undefined;
    this.#facts = undefined;
    const lost = await search.catch(() => undefined);
    try {
      await lost?.[Symbol.asyncDispose]();
    } catch {
      // it is gone: that its connections do not close well is no news
    }
  }
}
