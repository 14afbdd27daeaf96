import type { Scope } from "../../src/model/scope.ts";
import { Backstage } from "../chaos/backstage.ts";
import { stdioLedger, UrlBackend } from "../chaos/cast.ts";
import { initialize, install, spawnWith } from "./gateway.ts";
import type { LineDriver } from "./line-driver.ts";

export const HEALTHY = 19;
const OVER_STDIO = 4;
const PROBE = new URL("hop-probe.mjs", import.meta.url).href;
const FOR_EVER_MS = 86_400_000;
const FLAP_MS = 500;
const HUNG_TIMEOUT_MS = 30_000;

/** What is wrong with the twentieth backend; the first is the baseline, with the same calls to a backend that is well. */
export const AILMENTS = ["well", "hang", "late_25s", "flapping", "pushback_429"] as const;
export type Ailment = (typeof AILMENTS)[number];

export interface SickHouse {
  readonly gateway: LineDriver;
  /** The names of those that are well; the sick ones are `sick-` and what is wrong with them. */
  readonly healthy: readonly string[];
}

/** A gateway with the hop probe inside, nineteen backends that are well and one for each ailment; the scope ends all of it. */
export async function openSickHouse(scope: Scope): Promise<SickHouse> {
  const backstage = scope.use(await Backstage.open());
  const well = scope.use(new UrlBackend(backstage.env("well")));
  await well.start();
  const healthy = Array.from({ length: HEALTHY }, (_, at) => `healthy-${at + 1}`);
  const entries = healthy.map((name, at) => [name, at < OVER_STDIO ? stdioLedger(backstage, name) : { url: well.url }]);
  for (const ailment of AILMENTS) {
    const name = `sick-${ailment}`;
    const sick = scope.use(new UrlBackend(backstage.env(name)));
    await sick.start();
    entries.push([name, { url: sick.url, callTimeoutMs: HUNG_TIMEOUT_MS }]);
  }
  const installation = install(Object.fromEntries(entries));
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnWith(installation, ["--import", PROBE]));
  await initialize(gateway);
  let id = 1;
  for (const [name] of entries) await gateway.request(++id, "tools/call", invocation(String(name))); // while all are well
  fallIll(scope, backstage);
  return { gateway, healthy };
}

function fallIll(scope: Scope, backstage: Backstage): void {
  for (const ailment of AILMENTS) backstage.order(`sick-${ailment}`, ailment, FOR_EVER_MS);
  let down = false;
  const flapping = setInterval(() => {
    down = !down;
    backstage.order("sick-flapping", down ? "reset_before" : "well", FOR_EVER_MS);
  }, FLAP_MS);
  scope.defer(() => clearInterval(flapping));
}

/** One call of a backend. */
export const invocation = (server: string) => ({
  name: "invoke",
  arguments: { tool: `${server}/read`, arguments: { text: "hello" } },
});
