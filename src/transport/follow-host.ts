import type { Client } from "@modelcontextprotocol/client";
import type { Host } from "../model/host.ts";
import type { PeerFacts } from "../model/ports.ts";
import { LogLevelSetter } from "./log-level.ts";

export interface HostFollower {
  readonly client: Client;
  readonly peer: PeerFacts;
  readonly host: Host;
  readonly closed: Promise<void>;
}

/** Tells a legacy backend what its host changes its mind about, until the client closes. Undefined if the backend logs nothing. */
export function followHost({ client, peer, host, closed }: HostFollower): LogLevelSetter | undefined {
  const level = peer.capabilities["logging"] === undefined ? undefined : new LogLevelSetter(client);
  if (host.log) void level?.atLeast(host.log.level);
  const following = host.follow({
    logLevelChanged: (wanted) => void level?.set(wanted),
    // a backend that was not told of roots, or of changes to them, is not told now
    rootsChanged: () => void client.notification({ method: "notifications/roots/list_changed" }).catch(() => undefined),
  });
  void closed.then(() => following[Symbol.dispose]());
  return level;
}
