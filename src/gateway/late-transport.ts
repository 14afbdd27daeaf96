import type { Transport } from "../model/ports.ts";
import type { TransportDeps } from "../transport/index.ts";

/** By then a host that asks at once has its first answers, the first search among them. */
const UNASKED_MS = 1_000;

/**
 * The transport, loaded with the first connection or a moment after the start: with the SDK's client and undici it is most of what there is
 * to load, and finding tools needs none of it.
 */
export function lateTransport(deps: TransportDeps): Transport {
  let loading: Promise<Transport> | undefined;
  const load = (): Promise<Transport> => {
    loading ??= import("../transport/index.ts").then(({ createTransport }) => createTransport(deps));
    return loading;
  };
  deps.clock.after(UNASKED_MS, () => void load().catch(() => undefined)).unref(); // the first connection tells what is wrong
  return { connect: async (request) => await (await load()).connect(request) };
}
