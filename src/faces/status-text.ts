import type { ReplicaView } from "../gateway/state-view.ts";
import type { GatewayStatus, ServerStatus } from "../gateway/views.ts";
import { neutralise } from "../model/neutralise-text.ts";
import type { RegistryProblem } from "../model/registry-snapshot.ts";
import { formatMs } from "../model/units.ts";
import { callsText, serverLine, timeLines, toolLines } from "./figures-text.ts";

/** A gateway in a few lines: what is wrong first, then a line per server that was called. */
export function overviewText(status: GatewayStatus): string {
  const { version, uptimeMs, rssBytes, registry, engine, loopDelay, cache, servers, alerts } = status;
  const states = [...new Set(servers.map(({ state }) => state))].map((state) => `${count(servers, state)} ${state}`);
  return [
    `Sallyport ${version}, up ${formatMs(uptimeMs)}, ${Math.round(rssBytes / 2 ** 20)} MiB; ${servers.length} servers${states.length > 0 ? `: ${states.join(", ")}` : ""}`,
    ...alerts.map((alert) => alertLine(alert)),
    `Registry ${registry.file ?? "(none)"}: ${REGISTRY_WORDS[registry.state]}`,
    ...registry.errors.map((problem) => `error ${problemLine(problem)}`),
    ...registry.warnings.map((problem) => `warning ${problemLine(problem)}`),
    ...(engine === undefined ? [] : [engineLine(engine)]),
    ...status.metrics.map(placeLine),
    ...(loopDelay === undefined || loopDelay.maxMs <= WORTH_TELLING_MS ? [] : [loopLine(loopDelay)]),
    ...tokenLines(status.tokens),
    ...meaningLines(status.meaning),
    ...cacheLines(cache),
    ...servers.filter(({ figures }) => figures.calls > 0).map(serverLine),
  ].join("\n");
}

/** One server in detail; what `manage` answers, too. */
export function serverText(found: ServerStatus): string {
  const tools = found.tools === undefined ? "tools not known yet" : `${found.tools} tools`;
  return [
    `${found.server} [${found.state}], ${found.transport}${found.era === undefined ? "" : `, ${found.era} era`}, ${tools}`,
    ...found.alerts.map((alert) => alertLine(alert)),
    ...(found.guard.breaker === "closed"
      ? []
      : [`Circuit ${found.guard.breaker}: next try in ${formatMs(found.guard.retryAfterMs)}`]),
    ...(found.needs.length > 0 ? [`Needs ${found.needs.join(", ")}`] : []),
    callsText(found.figures, found.inFlight),
    ...timeLines(found),
    ...cacheLines(found.cache),
    ...(found.error === undefined
      ? []
      : [`Last error: ${found.error}`, `Next start in ${formatMs(found.retryAfterMs ?? 0)}, or manage reset`]),
    ...(found.replicas ?? []).map(replicaLine),
    ...toolLines(found).map((line) => neutralise(line, { multiline: false })),
    ...(found.strayLines ? [`Skipped ${found.strayLines} lines on its stdout that were no JSON-RPC`] : []),
    ...found.quarantined.map(({ name, reason }) => `Set aside ${name}: ${reason}`),
    ...(found.log.length > 0 ? ["Log:", ...found.log] : []),
  ].join("\n");
}

const alertLine = ({ level, server, text }: GatewayStatus["alerts"][number]): string => `${level}: ${server}: ${text}`;

const engineLine = ({ name, version, reason, problem }: NonNullable<GatewayStatus["engine"]>): string =>
  problem === undefined ? `Containers run on ${name} ${version}: ${reason}` : `No container engine: ${problem}`;

const placeLine = ({ address, problem }: GatewayStatus["metrics"][number]): string =>
  problem === undefined ? `Metrics at ${address}` : `No metrics at ${address}: ${problem}`;

/** A delay of Sallyport itself that a caller may have noticed. */
const WORTH_TELLING_MS = 100;

const loopLine = ({ p99Ms, maxMs }: NonNullable<GatewayStatus["loopDelay"]>): string =>
  `Sallyport itself was up to ${formatMs(maxMs)} late (p99 ${formatMs(p99Ms)})`;

const tokenLines = ({ exposed, avoided }: GatewayStatus["tokens"]): readonly string[] =>
  exposed + avoided === 0 ? [] : [`Tool definitions: about ${exposed} tokens shown, ${avoided} spared`];

/** How search by meaning stands, where the registry names a model for it. */
export const meaningLines = (meaning: GatewayStatus["meaning"]): readonly string[] =>
  meaning === undefined ? [] : [`Search by meaning with ${meaning.model}: ${meaning.summary}`];

const cacheLines = (cache: GatewayStatus["cache"]): readonly string[] =>
  cache === undefined
    ? []
    : [
        `Cache: ${cache.hits} hits (${Math.round(cache.hitRate * 100)} %), ${cache.shared} shared, ${cache.misses} misses, ${cache.stale} out of date; saved ${formatMs(cache.savedMs)}`,
      ];

const REGISTRY_WORDS = {
  ok: "ok",
  stale: "the newest version is invalid, so the one before it stays in force",
  invalid: "the file is invalid and there is no earlier good one, so there are no servers",
  fallback: "the file is invalid, so the last good copy is in force",
} as const;

const count = (servers: GatewayStatus["servers"], state: string): number =>
  servers.filter((server) => server.state === state).length;

const problemLine = ({ line, column, path, message }: RegistryProblem): string =>
  `line ${line}, column ${column}, ${path}: ${message}`;

const replicaLine = ({ replica, state, ejected, inFlight, error }: ReplicaView): string =>
  `Replica ${replica} [${state}${ejected ? ", passed over after failures" : ""}]: ${inFlight} in flight${error === undefined ? "" : `; ${error}`}`;
