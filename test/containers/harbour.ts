import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendSpec } from "../../src/model/backend-spec.ts";
import { canonicalJson, type JsonObject } from "../../src/model/json.ts";
import type { RuntimeDriver, StartStage, Workload } from "../../src/model/ports.ts";
import type { Signal } from "../../src/model/signal.ts";
import { containerKind, createContainerDriver } from "../../src/runtime/container.ts";
import { managedLabels, scopeOf } from "../../src/runtime/container-labels.ts";
import { ContainerOrphans } from "../../src/runtime/container-orphans.ts";
import { EngineConnector } from "../../src/runtime/engine-connector.ts";
import { FileLeaseBook } from "../../src/state/leases.ts";
import { type Clock, systemClock } from "../../src/time/clock.ts";
import { engineAddress, podman } from "./engine-suite.ts";

/** One gateway's share of the container runtime. */
export interface TestGateway extends AsyncDisposable {
  readonly driver: RuntimeDriver;
  readonly engines: EngineConnector;
  readonly leases: FileLeaseBook;
  readonly orphans: ContainerOrphans;
  readonly stages: StartStage[];
  /** Launches an entry as the registry would hand it over; the harbour stops what the test forgets. */
  launch(
    fields: JsonObject,
    options?: { readonly id?: string; readonly replica?: number; readonly signal?: Signal },
  ): Promise<Workload>;
}

/** A private runtime directory and everything on it; closing it removes every container of its scope. */
export interface Harbour extends AsyncDisposable {
  readonly runtimeDir: string;
  gateway(options?: { readonly engine?: string; readonly clock?: Clock; readonly nonce?: string }): TestGateway;
  /** Everything of this harbour the engine still has, by name. */
  containers(): Promise<string[]>;
}

export async function openHarbour(): Promise<Harbour> {
  const runtimeDir = await mkdtemp(join(tmpdir(), "sp-"));
  const gateways: TestGateway[] = [];
  const labels = managedLabels(scopeOf(runtimeDir)).flatMap((label) => ["--filter", `label=${label}`]);
  const list = async (format: string) => (await podman("ps", "-a", ...labels, "--format", format)).split("\n").filter(Boolean);
  return {
    runtimeDir,
    gateway(options) {
      const gateway = createGateway(runtimeDir, options);
      gateways.push(gateway);
      return gateway;
    },
    containers: () => list("{{.Names}}"),
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
      for (const id of await list("{{.ID}}"))
        await podman("rm", "-f", "-t", "0", id).catch(() => podman("rm", "-f", "-t", "0", id)); // refused once if it ends meanwhile
      await rm(runtimeDir, { recursive: true, force: true });
    },
  };
}

function createGateway(
  runtimeDir: string,
  { engine, clock = systemClock, nonce = randomBytes(4).toString("hex") }: Parameters<Harbour["gateway"]>[0] = {},
): TestGateway {
  const engines = new EngineConnector({ clock, runtimeDir, preferred: engine ?? engineAddress() });
  const leases = new FileLeaseBook({ directory: runtimeDir, gatewayNonce: nonce, clock: systemClock });
  const driver = createContainerDriver({ clock, engines, leases, runtimeDir, gatewayNonce: nonce });
  const stages: StartStage[] = [];
  return {
    driver,
    engines,
    leases,
    stages,
    orphans: new ContainerOrphans({ clock, engines, leases, runtimeDir }),
    async launch(fields, { id = "box", replica = 0, signal = new AbortController().signal } = {}) {
      return driver.launch({ spec: specOf(id, fields), replica, signal, report: (stage) => stages.push(stage) });
    },
    [Symbol.asyncDispose]: () => engines[Symbol.asyncDispose](),
  };
}

/** An entry as the registry would hand it over. */
export function specOf(id: string, fields: JsonObject): BackendSpec {
  const { options, transport } = containerKind.parse({ id, fields, baseDir: tmpdir() });
  return {
    id,
    runtime: "container",
    options,
    transport,
    protocolEra: "auto",
    replicas: 1,
    affinity: "auto",
    description: undefined,
    tags: [],
    enabled: true,
    tools: { allow: undefined, deny: [], overrides: new Map() },
    trustAnnotations: false,
    startTimeoutMs: 30_000,
    callTimeoutMs: 30_000,
    cacheTtlMs: 0,
    maxResultTokens: 20_000,
    idlePauseMs: 0,
    idleStopMs: 60_000,
    warm: false,
    toolsFile: undefined,
    missing: [],
    digest: createHash("sha256").update(canonicalJson({ id, fields })).digest("hex"),
    extra: {},
  };
}
