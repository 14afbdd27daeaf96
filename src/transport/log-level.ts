import type { Client } from "@modelcontextprotocol/client";
import { isAtLeast, type LogLevel } from "../model/host.ts";

const SET_MS = 5_000;

/** The level from which one legacy backend logs. A backend that cannot be told goes on as it likes: lines are sorted out here. */
export class LogLevelSetter {
  readonly #client: Client;
  #level: LogLevel | undefined;
  #set: Promise<void> = Promise.resolve();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Makes the backend log from this level on; never rejects. */
  set(level: LogLevel): Promise<void> {
    this.#level = level;
    const setting = this.#client.request({ method: "logging/setLevel", params: { level } }, { timeout: SET_MS });
    this.#set = setting.then(
      () => undefined,
      () => undefined,
    );
    return this.#set;
  }

  /** Makes the backend log this level too, whatever it logs already; resolves when it has heard so. */
  atLeast(level: LogLevel): Promise<void> {
    return this.#level !== undefined && isAtLeast(level, this.#level) ? this.#set : this.set(level);
  }
}
