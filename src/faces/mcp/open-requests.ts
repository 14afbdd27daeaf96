import { SlotMap } from "../../model/slot-map.ts";
import type { RequestId } from "../../wire/json-rpc.ts";

const SUBSCRIPTION = "subscriptions/listen";

/** The host's requests that are not answered yet. */
export class OpenRequests {
  readonly #methods = new SlotMap<RequestId, string>();
  #calls = 0;
  #waiting: (() => void)[] = [];

  /** Requests that will be answered by themselves; an open subscription ends only with the connection and does not count. */
  get calls(): number {
    return this.#calls;
  }

  has(id: RequestId): boolean {
    return this.#methods.has(id);
  }

  open(id: RequestId, method: string): void {
    this.#methods.set(id, method);
    if (method !== SUBSCRIPTION) this.#calls += 1;
  }

  /** Takes a request off the list; false if it is not on it, because it was answered or cancelled before. */
  settle(id: RequestId): boolean {
    const method = this.#methods.get(id);
    if (method === undefined) return false;
    this.#methods.delete(id);
    if (method !== SUBSCRIPTION) this.#calls -= 1;
    if (this.#calls === 0 && this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
    return true;
  }

  /** Takes all requests off the list and gives back their ids and methods. */
  settleAll(): readonly { readonly id: RequestId; readonly method: string }[] {
    const all = this.#methods.keys().map((id) => ({ id, method: this.#methods.get(id) ?? "" }));
    for (const { id } of all) this.settle(id);
    return all;
  }

  /** Resolves when no call is open. */
  idle(): Promise<void> {
    if (this.#calls === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
