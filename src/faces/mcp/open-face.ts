import { systemClock } from "../../time/clock.ts";
import { FrontDesk } from "./front-desk.ts";
import { LegacyDesk } from "./legacy-desk.ts";
import { LegacyHost } from "./legacy-host.ts";
import { ModernDesk } from "./modern-desk.ts";
import type { Face } from "./serve-mcp.ts";
import type { FaceParts } from "./tool-bench.ts";

export interface FaceDeps extends Omit<FaceParts, "finished"> {
  /** Aborts when the calls that wait for their host are to end. */
  readonly ended: AbortSignal;
  /** Whether plain messages are answered without the SDK; default: yes. */
  readonly deskIsOpen?: boolean;
}

/** What serves the host of one connection: the desk, and behind it the SDK's server, which is loaded late. */
export function openFace({ ended, deskIsOpen = true, ...deps }: FaceDeps): Face {
  const parts: FaceParts = { ...deps, finished: new Map() };
  const legacy = new LegacyHost(parts);
  let loading: Promise<Face["createServer"]> | undefined;
  const load = async (): Promise<Face["createServer"]> => {
    const [{ createServer }, { HeldCalls }] = await Promise.all([import("./create-server.ts"), import("./held-calls.ts")]);
    const held = new HeldCalls(systemClock);
    ended.addEventListener("abort", () => held[Symbol.dispose](), { once: true });
    return (era) => createServer({ ...parts, legacy, held }, era);
  };
  return {
    createServer: async (era) => {
      loading ??= load();
      return await (await loading)(era);
    },
    desk: deskIsOpen ? new FrontDesk(new LegacyDesk(parts, legacy), new ModernDesk(parts)) : undefined,
  };
}
