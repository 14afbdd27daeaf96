/**
 * Owns resources and closes them in reverse order. A stand-in for AsyncDisposableStack, which Node has from 24 on;
 * `use` and `defer` have the same names, so the swap is one import.
 */
export class Scope implements AsyncDisposable {
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Takes ownership of a resource and gives it back. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#closers.push(async () => {
      await resource[Symbol.asyncDispose]();
    });
    return resource;
  }

  /** Runs `close` when the scope closes. */
  defer(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Hands everything owned over to a new scope, so that this one closes nothing. */
  move(): Scope {
    const heir = new Scope();
    heir.#closers.push(...this.#closers.splice(0));
    return heir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error); // one that fails to close must not keep the others open
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "Some resources failed to close");
  }
}
