import type { Gateway } from "../../../src/gateway/gateway.ts";
import { call, type Told } from "./calls.ts";

/** Calls whose callers can all be made to leave at once. */
export interface Leaving {
  readonly told: Promise<readonly Told[]>;
  leave(): void;
}

/** Makes so many calls, each with a caller of its own. */
export function abandonAll(gateway: Gateway, tool: string, count: number): Leaving {
  const controllers = Array.from({ length: count }, () => new AbortController());
  return {
    told: Promise.all(controllers.map(({ signal }) => call(gateway, tool, { signal }))),
    leave: () => {
      for (const controller of controllers) controller.abort();
    },
  };
}
