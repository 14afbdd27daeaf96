import type { AskHost, LogLevel } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { askNobody, askWithin } from "./ask-within.ts";
import { logRelay } from "./caller-of.ts";
import { legacyCalls, type StandingHost } from "./direct-calls.ts";
import type { LogRelay } from "./log-relay.ts";
import type { FaceParts } from "./tool-bench.ts";

/** A host of the legacy era: it says once what it can do, and can be asked and told at any time. */
export class LegacyHost implements StandingHost {
  /** What it declared at its handshake. */
  declared: () => JsonObject = () => ({});
  /** Asks it by a request of our own, which takes the SDK's server. */
  ask: AskHost = askNobody;
  /** Log lines of servers on their way to it. */
  readonly lines: LogRelay;
  readonly #parts: FaceParts;

  constructor(parts: FaceParts) {
    this.#parts = parts;
    this.lines = logRelay(parts.link.notify);
  }

  /** Asks only what the host said it can answer. */
  readonly askHost: AskHost = async (question, signal) => await askWithin(this.declared(), this.#asked)(question, signal);

  /** Its handshake has ended: it can be asked and told from now on, and its plain calls go past the SDK. */
  arrived(): void {
    const { host, link, ready } = this.#parts;
    host.learn(this.declared());
    host.reachableBy(this.#asked, (params) => this.#elicited(params));
    ready();
    link.openLane(legacyCalls(this.#parts, this));
  }

  wantsLog(level: LogLevel): void {
    this.#parts.host.wantsLog({ level, tell: (line) => this.lines.tell(line) });
  }

  readonly #asked: AskHost = async (question, signal) => {
    await this.#parts.link.sdk().catch(() => undefined);
    return await this.ask(question, signal);
  };

  #elicited(params: JsonObject): void {
    const { elicitation } = this.declared();
    if (!isJsonObject(elicitation) || !elicitation["url"]) return; // a host without addresses does not want to hear of them
    this.#parts.link.notify({ method: "notifications/elicitation/complete", params }).catch(() => undefined);
  }
}
