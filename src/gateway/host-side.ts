import { type AskHost, type Host, type HostListener, type HostLog, relayedCapabilities } from "../model/host.ts";
import type { JsonObject } from "../model/json.ts";

/** What is known of the one host: a face tells it here, and the connections to backends follow it. */
export class HostSide implements Host {
  readonly #listeners = new Set<HostListener>();
  #capabilities: JsonObject = {};
  #ask: AskHost | undefined;
  #elicited: Host["elicited"];
  #log: HostLog | undefined;

  get capabilities(): JsonObject {
    return this.#capabilities;
  }

  get ask(): AskHost | undefined {
    return this.#ask;
  }

  get elicited(): Host["elicited"] {
    return this.#elicited;
  }

  get log(): HostLog | undefined {
    return this.#log;
  }

  /** Takes what the host says it can do; a backend is told what is known when it is connected to. */
  learn(capabilities: JsonObject): void {
    this.#capabilities = relayedCapabilities(capabilities);
  }

  /** The host can be asked at any time from now on. */
  reachableBy(ask: AskHost, elicited: NonNullable<Host["elicited"]>): void {
    this.#ask = ask;
    this.#elicited = elicited;
  }

  /** The host wants to hear what backends log. */
  wantsLog(log: HostLog): void {
    this.#log = log;
    for (const listener of this.#listeners) listener.logLevelChanged(log.level);
  }

  /** The host has other roots than before. */
  rootsChanged(): void {
    for (const listener of this.#listeners) listener.rootsChanged();
  }

  follow(listener: HostListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}
