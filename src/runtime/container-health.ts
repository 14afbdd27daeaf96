import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { Backoff } from "../time/backoff.ts";
import { type Clock, sleep } from "../time/clock.ts";
import type { EngineApi } from "./engine-api.ts";
import type { InspectedContainer } from "./engine-shapes.ts";

const SHELL = ["/bin/sh", "-c"];

/** The command of an image's HEALTHCHECK; undefined if it has none or has switched it off. */
export function healthCommand(container: InspectedContainer): readonly string[] | undefined {
  const [kind, ...rest] = container.Config.Healthcheck?.Test ?? [];
  if (rest.length === 0) return undefined;
  if (kind === "CMD") return rest;
  return kind === "CMD-SHELL" ? [...SHELL, ...rest] : undefined;
}

/**
 * Runs the image's health check until it is content. By ourselves: an engine checks only every 30 s by default, and podman
 * not at all where there is no systemd. Throws when the container ends, when the check cannot run, and when the signal aborts.
 */
export async function untilHealthy(
  api: EngineApi,
  id: string,
  command: readonly string[],
  { clock, signal }: { readonly clock: Clock; readonly signal: Signal },
): Promise<void> {
  const backoff = new Backoff({ firstMs: 25, maxMs: 500 });
  while (!signal.aborted) {
    if ((await api.exec(id, command, signal)) === 0) return;
    await sleep(clock, backoff.next(), signal);
  }
  throw GatewayError.from(signal.reason);
}
