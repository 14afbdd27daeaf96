import type { ServerContext } from "@modelcontextprotocol/server";
import { isLogLevel, type LogLevel } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { MetaToolCaller } from "./define-meta-tool.ts";
import { CLIENT_CAPABILITIES, LOG_LEVEL, PROTOCOL_PREFIX } from "./envelope.ts";
import type { HostLink } from "./host-link.ts";
import { LogRelay } from "./log-relay.ts";
import { ProgressRelay } from "./progress-relay.ts";

type Notify = HostLink["notify"];

/** What one request of the host is told of while it runs, and told before it is answered. */
export class Ears {
  readonly progress: ProgressRelay | undefined;
  readonly #lines: LogRelay | undefined;

  constructor(progress: ProgressRelay | undefined, lines: LogRelay | undefined) {
    this.progress = progress;
    this.#lines = lines;
  }

  /** Whether there is anything to settle. */
  get isBusy(): boolean {
    return this.progress?.isBusy === true || this.#lines?.isBusy === true;
  }

  /** Resolves when all of it has been handed over. */
  async settled(): Promise<void> {
    if (this.#lines?.isBusy) await this.#lines.settled();
    await this.progress?.settled();
  }
}

/** The ears of a request, whose log lines go through this relay: progress if it has a token. */
export const earsOf = (meta: JsonObject | undefined, lines: LogRelay | undefined, notify: Notify): Ears =>
  new Ears(progressRelay(meta?.["progressToken"], notify), lines);

/** The level from which on a request of the modern era wants log lines; undefined if it wants none. */
export function logLevelIn(envelope: JsonObject | undefined): LogLevel | undefined {
  const level = envelope?.[LOG_LEVEL];
  return isLogLevel(level) ? level : undefined;
}

/** Log lines of servers as notifications. */
export const logRelay = (notify: Notify): LogRelay =>
  new LogRelay((line) => notify({ method: "notifications/message", params: line }));

function progressRelay(progressToken: unknown, notify: Notify): ProgressRelay | undefined {
  if (typeof progressToken !== "string" && typeof progressToken !== "number") return undefined;
  return new ProgressRelay(({ progress, total, message }) =>
    notify({
      method: "notifications/progress",
      params: { progressToken, progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) },
    }),
  );
}

/** What a request of the modern era says that its host can do. */
export function capabilitiesIn(envelope: JsonObject | undefined): JsonObject | undefined {
  const capabilities = envelope?.[CLIENT_CAPABILITIES];
  return isJsonObject(capabilities) ? capabilities : undefined;
}

/** Who asks, with what came with the request itself. */
export function callerOf(
  { mcpReq }: ServerContext,
  hostCapabilities: JsonObject | undefined,
  { progress }: Ears,
  voice: Pick<MetaToolCaller, "askHost" | "log">,
): MetaToolCaller {
  const state = mcpReq.requestState();
  return {
    signal: mcpReq.signal,
    onProgress: progress && ((update) => progress.pass(update)),
    ...voice,
    hostCapabilities,
    meta: travellingMeta(mcpReq._meta),
    inputResponses: mcpReq.inputResponses,
    requestState: typeof state === "string" ? state : undefined,
  };
}

/** The host's `_meta` without what belongs to this hop: its progress token and the protocol's own keys. */
export function travellingMeta(meta: unknown): JsonObject | undefined {
  if (!isJsonObject(meta)) return undefined;
  const kept = Object.entries(meta).filter(([key]) => key !== "progressToken" && !key.startsWith(PROTOCOL_PREFIX));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
