import type { LeaseBook } from "../model/ports.ts";
import type { ContainerFileStore } from "./container-files.ts";
import { type ContainerLabels, servingName } from "./container-labels.ts";
import type { EngineApi } from "./engine-api.ts";
import { isFault } from "./engine-errors.ts";

/** A container of ours that may have had its day. */
export interface RetireTarget {
  readonly id: string;
  readonly labels: ContainerLabels;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSec: number;
}

export interface RetireDeps {
  readonly api: EngineApi;
  readonly leases: Pick<LeaseBook, "holders">;
  readonly files: ContainerFileStore;
}

/**
 * Stops and removes a container with its files, unless a live gateway holds a lease on it; says whether it is gone. The new
 * name comes before the decisive look at the leases: a newcomer takes its lease first and looks for the name second, so
 * either we see its lease or it does not find the container.
 */
export async function retire(target: RetireTarget, deps: RetireDeps): Promise<boolean> {
  const { api, files, leases } = deps;
  const { id, labels, graceSec } = target;
  const name = servingName(labels);
  const inUse = async () => (await leases.holders(name)).length > 0;
  if (await inUse()) return false;
  const found = await api.inspect(id);
  if (found) {
    await tolerating(api.rename(id, `${name}-retired-${id.slice(0, 8)}`));
    if ((await inUse()) && (await givenBack(id, name, api))) return false;
    if (found.State.Status === "paused") await tolerating(api.unpause(id)); // a frozen process hears no SIGTERM
    await tolerating(api.stop(id, graceSec));
    await api.remove(id);
  }
  await files.remove(labels.files);
  return true;
}

/** Removes a container that never served, or that nobody uses, at once. */
export async function discard(id: string, labels: ContainerLabels, { api, files }: Omit<RetireDeps, "leases">): Promise<void> {
  await tolerating(api.kill(id)); // first: a removal by force still waits for a process that ignores SIGTERM
  await api.remove(id);
  await files.remove(labels.files);
}

/** False if the name is taken by a newer container: then this one is nobody's any more. */
async function givenBack(id: string, name: string, api: EngineApi): Promise<boolean> {
  try {
    await api.rename(id, name);
    return true;
  } catch (error) {
    if (isFault(error, "name_in_use", "no_container")) return false;
    throw error;
  }
}

/** A container that is gone or refuses to be stopped is still removed by force; an engine that cannot be asked is an error. */
async function tolerating(step: Promise<void>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!isFault(error, "no_container", "refused", "name_in_use")) throw error;
  }
}
