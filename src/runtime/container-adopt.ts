import { GatewayError } from "../model/errors.ts";
import type { LeaseBook } from "../model/ports.ts";
import { type ContainerLabels, readLabels } from "./container-labels.ts";
import type { EngineApi } from "./engine-api.ts";
import type { InspectedContainer } from "./engine-shapes.ts";

/** What a container must be to be taken over. */
export interface Wanted {
  readonly name: string;
  readonly image: string;
  readonly labels: ContainerLabels;
  /** For the command in a hint. */
  readonly engineName: string;
}

/** The labels of a container that has our name; throws if it was not made for the same entry by a gateway of ours. */
export function ownLabels(found: InspectedContainer, { name, labels: ours, engineName }: Wanted): ContainerLabels {
  const theirs = readLabels(found.Config.Labels);
  const same = theirs?.configHash === ours.configHash && theirs.server === ours.server && theirs.scope === ours.scope;
  if (theirs && same) return theirs;
  throw new GatewayError("start_failed", `Container name "${name}" is taken by a container that is not ours`, {
    hint: `Rename or remove it: \`${engineName} rm -f ${name}\``,
  });
}

/** Whether a container was made from the image the name stands for today; throws if it was not and other gateways use it. */
export async function hasWantedImage(
  found: InspectedContainer,
  { name, image, labels }: Wanted,
  { api, leases }: { readonly api: EngineApi; readonly leases: Pick<LeaseBook, "holders"> },
): Promise<boolean> {
  const today = await api.imageId(image);
  if (today === undefined || today === found.Image) return true;
  const others = (await leases.holders(name)).filter(({ gatewayNonce }) => gatewayNonce !== labels.gateway);
  if (others.length === 0) return false;
  throw new GatewayError("start_failed", `Other gateways still use "${name}" with an older image than "${image}" is now`, {
    hint: `Stop the server in the other gateways (pid ${others.map(({ pid }) => pid).join(", ")}) first`,
  });
}
