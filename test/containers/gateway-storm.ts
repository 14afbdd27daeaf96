import { readdir, readFile } from "node:fs/promises";
import { sleep, systemClock } from "../../src/time/clock.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { type GatewayHouse, invoke } from "./gateway-house.ts";

/** How much of everything a storm consists of. */
export interface StormSize {
  readonly gateways: number;
  /** Calls that each gateway is given if it lives. */
  readonly callsEach: number;
  readonly kills: number;
}

/** What a storm has come to. */
export interface StormReport {
  readonly answered: number;
  /** Calls of gateways that were killed over them. */
  readonly lost: number;
  /** Calls that a living gateway did not answer as it should, each with what it said. */
  readonly failed: readonly string[];
  readonly kills: number;
  readonly samples: number;
  /** Servers that had more than one live container at the same moment, each with the names. */
  readonly doubles: readonly string[];
  /** Children of our gateways, or of this process, that nobody has waited for. */
  readonly zombies: readonly string[];
}

const SAMPLE_GAP_MS = 100;
/** Far longer than a parent takes to reap a child that has ended. */
const REAPING_MS = 1_000;
const LIVES = new Set(["running", "paused"]);

/**
 * Gateways of one user call shared servers while one after the other is killed and replaced; podman is asked all the while
 * how many containers there are.
 */
export async function storm(house: GatewayHouse, servers: readonly string[], size: StormSize): Promise<StormReport> {
  const tally = { answered: 0, lost: 0, failed: [] as string[], kills: 0 };
  const killed = new Set<GatewayProcess>();
  const living: GatewayProcess[] = await Promise.all(Array.from({ length: size.gateways }, () => house.gateway()));
  const watch = watchContainers(house);

  const work = async (gateway: GatewayProcess, lane: number): Promise<void> => {
    for (let call = 0; call < size.callsEach && !killed.has(gateway); call += 1) {
      const server = servers[(lane + call) % servers.length] ?? "";
      const text = `${lane}.${call}`;
      const said = await invoke(gateway, `${server}/echo`, { text }).catch((error: unknown) => ({ text: String(error) }));
      if (said.text === text) tally.answered += 1;
      else if (killed.has(gateway)) tally.lost += 1;
      else tally.failed.push(`${server}: ${said.text}`);
    }
  };
  const lanes = living.map((gateway, lane) => work(gateway, lane));
  while (tally.kills < size.kills) {
    const lane = tally.kills % size.gateways;
    const victim = living[lane];
    if (!victim) break;
    await invoke(victim, `${servers[lane % servers.length]}/echo`); // it has something to lose
    killed.add(victim);
    victim.child.kill("SIGKILL");
    await victim.exited;
    tally.kills += 1;
    const next = await house.gateway();
    living[lane] = next;
    lanes.push(work(next, lane));
  }
  await Promise.all(lanes);
  const seen = await watch.end();
  return { ...tally, ...seen, zombies: await zombiesOf([process.pid, ...living.map(({ child }) => child.pid ?? 0)]) };
}

/** Samples the live containers of a house: by podman as often as it answers, by their monitor processes ten times a second. */
function watchContainers(house: GatewayHouse) {
  const doubles: string[] = [];
  let samples = 0;
  let on = true;
  const seen = new Map<string, number>();
  const watchingProcesses = (async () => {
    while (on) {
      for (const [name, count] of countedBy(await monitoredNames())) seen.set(name, Math.max(count, seen.get(name) ?? 0));
      samples += 1;
      await sleep(systemClock, SAMPLE_GAP_MS);
    }
  })();
  const watching = (async () => {
    while (on) {
      const listed = await house.containers('{{.State}} {{index .Labels "io.sallyport.server"}} {{.Names}}');
      samples += 1;
      await sleep(systemClock, SAMPLE_GAP_MS);
      const live = listed.map((line) => line.split(" ")).filter(([state]) => LIVES.has(state ?? ""));
      for (const [, server] of live) {
        const names = live.filter(([, other]) => other === server).map(([, , name]) => name);
        if (names.length > 1) doubles.push(names.join(" and "));
      }
    }
  })();
  return {
    async end() {
      on = false;
      await Promise.all([watching, watchingProcesses]);
      for (const name of await house.containers())
        if ((seen.get(name) ?? 0) > 1) doubles.push(`${seen.get(name)} monitors of ${name}`);
      return { samples, doubles: [...new Set(doubles)] };
    },
  };
}

/** The name of every container that podman's monitor watches over, whoever made it. */
async function monitoredNames(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  const monitors = commands.map((command) => command.split("\0")).filter(([program]) => program?.endsWith("conmon"));
  const after = (args: readonly string[], option: string) => args[args.indexOf(option) + 1] ?? "";
  const byId = new Map(monitors.map((args) => [after(args, "-c"), after(args, "-n")])); // a monitor forks when it starts
  return [...byId.values()];
}

function countedBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Ended processes that these parents have not waited for: a parent at work may be about to, so it is given a while. */
async function zombiesOf(parents: readonly number[]): Promise<string[]> {
  const before = await endedChildrenOf(parents);
  if (before.length === 0) return [];
  await sleep(systemClock, REAPING_MS);
  const after = await endedChildrenOf(parents);
  return before.filter((stat) => after.includes(stat));
}

async function endedChildrenOf(parents: readonly number[]): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return stats.filter((stat) => {
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" && parents.includes(Number(parent));
  });
}
