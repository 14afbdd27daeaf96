import type { MetricsSettings } from "../model/watching.ts";
import { makeRoomForSocket, ownSocketPath, socketsIn, sweepSockets } from "../state/own-socket.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { TokenFigures } from "../telemetry/token-figures.ts";

/** Where programs can read the figures, or why they cannot. */
export interface MetricsPlace {
  readonly kind: "socket" | "port";
  readonly address: string;
  readonly problem?: string | undefined;
}

export interface OpsDeskParts {
  readonly log: Logger;
  readonly tokens: TokenFigures;
  /** Where sockets go that have no path of their own; closed to other users. */
  readonly socketDir: string;
  readonly settings: () => MetricsSettings;
  readonly metrics: () => Promise<string>;
}

/** What a face for operators is given, and what it tells back. */
export class OpsDesk {
  readonly #parts: OpsDeskParts;
  #places: readonly MetricsPlace[] = [];

  constructor(parts: OpsDeskParts) {
    this.#parts = parts;
  }

  get settings(): MetricsSettings {
    return this.#parts.settings();
  }

  /** Where the figures can be read now. */
  get places(): readonly MetricsPlace[] {
    return this.#places;
  }

  /** Everything counted so far, as Prometheus reads it. */
  metrics(): Promise<string> {
    return this.#parts.metrics();
  }

  /** A path to listen on, free of what a dead process left there; throws when it is somebody else's. */
  async claimSocket(wanted: string | true): Promise<string> {
    const { socketDir } = this.#parts;
    if (wanted === true) await sweepSockets(socketDir);
    const path = wanted === true ? ownSocketPath(socketDir) : wanted;
    await makeRoomForSocket(path);
    return path;
  }

  /** Where gateways of this user may be asked, this one and dead ones included. */
  async knownSockets(): Promise<readonly string[]> {
    const { socket } = this.settings;
    return [...(await socketsIn(this.#parts.socketDir)), ...(typeof socket === "string" ? [socket] : [])];
  }

  /** Tells where the figures can be read, or could not. */
  tellPlace(place: MetricsPlace): void {
    this.#places = [...this.#places, place];
    if (place.problem === undefined) this.#parts.log.info({ ...place }, "metrics");
    else this.#parts.log.warn({ ...place }, "metrics not shown");
  }

  /** Notes text of our own tools that the host was given, in characters. */
  tellShown(chars: number): void {
    this.#parts.tokens.exposed(chars);
  }
}
