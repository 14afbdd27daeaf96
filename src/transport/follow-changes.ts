import { type Client, ProtocolError, type SubscriptionFilter } from "@modelcontextprotocol/client";
import { isJsonObject } from "../model/json.ts";
import type { PeerFacts } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { keepOpen } from "./keep-open.ts";

const ACKNOWLEDGE_MS = 10_000;

export interface ChangeSource {
  readonly client: Client;
  readonly peer: PeerFacts;
  readonly clock: Clock;
  readonly closed: Promise<void>;
}

/**
 * Subscribes to the list changes a modern backend announces, until the client closes; a legacy backend sends them unasked.
 * They arrive as the client's notifications. Never rejects.
 */
export async function followChanges({ client, peer, clock, closed }: ChangeSource): Promise<void> {
  const filter = filterFor(peer);
  if (Object.keys(filter).length === 0) return;
  const life = new AbortController();
  void closed.then(() => life.abort());
  await keepOpen(clock, life.signal, async () => {
    try {
      const subscription = await client.listen(filter, { signal: life.signal, timeout: ACKNOWLEDGE_MS });
      await subscription.closed;
      return { fruitful: false };
    } catch (error) {
      if (error instanceof ProtocolError) return "not offered";
      throw error;
    }
  });
}

function filterFor({ capabilities }: PeerFacts): SubscriptionFilter {
  const announces = (part: unknown): boolean => isJsonObject(part) && part["listChanged"] === true;
  return {
    ...(announces(capabilities["tools"]) && { toolsListChanged: true }),
    ...(announces(capabilities["prompts"]) && { promptsListChanged: true }),
    ...(announces(capabilities["resources"]) && { resourcesListChanged: true }),
  };
}
