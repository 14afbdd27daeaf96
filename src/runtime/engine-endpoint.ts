import { existsSync } from "node:fs";
import { GatewayError } from "../model/errors.ts";
import { Scope } from "../model/scope.ts";
import type { Signal } from "../model/signal.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { EngineApi } from "./engine-api.ts";
import { type EngineCandidate, type EnginePlaces, enginePlaces, type MachineFacts, thisMachine } from "./engine-candidates.ts";
import { throwAfter } from "./engine-cleanup.ts";
import { EngineError } from "./engine-errors.ts";
import { findOnPath, startPrivateService } from "./engine-service.ts";
import { type EngineVersion, isPodman } from "./engine-shapes.ts";

/** Which engine it is and why this one. */
export interface EngineFacts {
  readonly name: "podman" | "docker";
  readonly version: string;
  readonly apiVersion: string;
  readonly socketPath: string;
  /** One sentence for people: `"DOCKER_HOST names it"`. */
  readonly reason: string;
}

/** An engine that answers; disposing it drops the connections, and ends the service if it is our own. */
export interface Engine extends AsyncDisposable {
  readonly api: EngineApi;
  readonly facts: EngineFacts;
}

export interface FindEngineOptions {
  readonly clock: Clock;
  /** A directory that only we can enter, for the socket of a service of our own. */
  readonly runtimeDir: string;
  /** The registry's word: `podman`, `docker` or a `unix://` address. */
  readonly preferred?: string | undefined;
  readonly machine?: MachineFacts;
  /** Hears that a call could not reach the engine any more. */
  readonly onGone?: () => void;
}

const PROBE_MS = 5_000;
const AWAKE_AGAIN_MS = 1_000; // well before the service gives up for lack of company

/**
 * Finds an engine that really answers: a chosen one or none, otherwise the first of the usual places, otherwise a podman service
 * of our own. Throws `unavailable` with everything that was tried; a socket that hangs costs 5 s, not more.
 */
export async function findEngine(options: FindEngineOptions): Promise<Engine> {
  const machine = options.machine ?? thisMachine();
  const places = await enginePlaces(machine, options.preferred);
  const tried: string[] = [];
  if (places.chosen) {
    const engine = await probe(places.chosen, `${places.chosen.origin} names it`, options, tried);
    if (engine) return engine;
    throw noEngine(tried, `Correct or unset ${places.chosen.origin}, or start the engine it names`);
  }
  return (await probeUsual(places, options, tried)) ?? (await ownService(places, machine, options, tried));
}

async function probeUsual(places: EnginePlaces, options: FindEngineOptions, tried: string[]): Promise<Engine | undefined> {
  const probes = places.usual
    .filter(({ socketPath }) => socketPath === undefined || isThere(socketPath))
    .map((candidate) => ({ candidate, notes: [] as string[] }))
    .map(({ candidate, notes }) => ({
      notes,
      engine: probe(candidate, `first ${candidate.origin} that answers`, options, notes),
    }));
  let found: Engine | undefined;
  for (const { engine, notes } of probes) {
    const answered = await engine; // all are asked at once, the order decides
    tried.push(...notes);
    if (!answered) continue;
    const fits = places.name === undefined || answered.facts.name === places.name;
    if (!fits) tried.push(`${answered.facts.socketPath}: is ${answered.facts.name}, wanted ${places.name}`);
    if (fits && !found) found = answered;
    else await answered[Symbol.asyncDispose]();
  }
  if (!found) tried.push(...places.usual.filter(({ socketPath }) => socketPath && !isThere(socketPath)).map(absent));
  return found;
}

const isThere = (socketPath: string): boolean => socketPath.startsWith("\\\\") || existsSync(socketPath);
const absent = ({ socketPath }: EngineCandidate): string => `${socketPath}: not there`;

async function probe(
  place: EngineCandidate,
  reason: string,
  options: FindEngineOptions,
  tried: string[],
): Promise<Engine | undefined> {
  if (place.socketPath === undefined) {
    tried.push(`${place.origin}: ${place.problem}`);
    return undefined;
  }
  const { clock, onGone } = options;
  const api = new EngineApi({ socketPath: place.socketPath, clock, onGone });
  try {
    return engineOf(api, await api.handshake(undefined, PROBE_MS), reason);
  } catch (error) {
    tried.push(`${place.socketPath} (${place.origin}): ${GatewayError.from(error).message}`);
    await api[Symbol.asyncDispose]();
    return undefined;
  }
}

function engineOf(api: EngineApi, version: EngineVersion, reason: string): Engine {
  const name = isPodman(version) ? "podman" : "docker";
  const facts = { name, version: version.Version, apiVersion: version.ApiVersion, socketPath: api.socketPath, reason } as const;
  return { api, facts, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

async function ownService(
  places: EnginePlaces,
  machine: MachineFacts,
  options: FindEngineOptions,
  tried: string[],
): Promise<Engine> {
  const podman = machine.platform === "linux" && places.name !== "docker" ? await findOnPath("podman", machine.env) : undefined;
  if (!podman) throw noEngine(tried, howToGetOne(machine.platform, places.name));
  const { clock, onGone, runtimeDir } = options;
  const service = await startPrivateService({ podman, runtimeDir, env: machine.env, clock }, (path) => answers(path, clock));
  const owned = new Scope();
  owned.use(service);
  const api = owned.use(new EngineApi({ socketPath: service.socketPath, clock, onGone }));
  try {
    const { facts } = engineOf(api, await api.handshake(), "no engine was running: podman serves it for this gateway");
    const ending = new AbortController();
    owned.defer(() => ending.abort());
    void stayAwake(api, clock, ending.signal);
    return { api, facts, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
  } catch (error) {
    return throwAfter(() => owned[Symbol.asyncDispose](), error);
  }
}

/** Keeps a service that ends when idle busy for as long as it lives; never rejects. */
async function stayAwake(api: EngineApi, clock: Clock, signal: Signal): Promise<void> {
  while (!signal.aborted) {
    try {
      await api.keepAwake(signal);
    } catch {
      // lost or ended: asked again, unless the service is no longer ours
    }
    await sleep(clock, AWAKE_AGAIN_MS, signal).catch(() => {});
  }
}

async function answers(socketPath: string, clock: Clock): Promise<boolean> {
  await using api = new EngineApi({ socketPath, clock });
  return await api.handshake(undefined, PROBE_MS).then(
    () => true,
    () => false,
  );
}

function noEngine(tried: readonly string[], hint: string): EngineError {
  return new EngineError("gone", `No container engine answers. Tried: ${tried.join("; ") || "nothing"}`, { hint });
}

function howToGetOne(platform: NodeJS.Platform, name: EnginePlaces["name"]): string {
  if (name === "docker") return platform === "linux" ? "Run `sudo systemctl start docker`" : "Start Docker Desktop";
  if (platform === "linux") return "Install podman (`sudo apt-get install podman`), or run `sudo systemctl start docker`";
  return "Run `podman machine start`, or start Docker Desktop";
}
