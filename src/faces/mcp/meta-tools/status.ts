import type { ReplicaView } from "../../../gateway/state-view.ts";
import type { GatewayStatus, ServerStatus } from "../../../gateway/views.ts";
import type { RegistryProblem } from "../../../model/registry-snapshot.ts";
import { formatMs } from "../../../model/units.ts";
import { answer, type MetaTool, STRING } from "../define-meta-tool.ts";
import { readOptionalString } from "../read-args.ts";

export const status: MetaTool = {
  name: "status",
  description: "Health of the gateway, or of one server with its log",
  properties: { server: STRING },
  required: [],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway) {
    const server = readOptionalString(args, "server");
    if (server !== undefined) {
      const found = await gateway.serverStatus(server);
      return answer(serverText(found), found);
    }
    const overview = await gateway.status();
    return answer(overviewText(overview), overview);
  },
};

function overviewText({ version, uptimeMs, registry, engine, loopDelay, cache, servers }: GatewayStatus): string {
  const states = [...new Set(servers.map(({ state }) => state))].map((state) => `${count(servers, state)} ${state}`);
  return [
    `Sallyport ${version}, up ${formatMs(uptimeMs)}; ${servers.length} servers${states.length > 0 ? `: ${states.join(", ")}` : ""}`,
    `Registry ${registry.file ?? "(none)"}: ${REGISTRY_WORDS[registry.state]}`,
    ...registry.errors.map((problem) => `error ${problemLine(problem)}`),
    ...registry.warnings.map((problem) => `warning ${problemLine(problem)}`),
    ...(engine === undefined ? [] : [engineLine(engine)]),
    ...(loopDelay === undefined || loopDelay.maxMs <= WORTH_TELLING_MS ? [] : [loopLine(loopDelay)]),
    ...cacheLines(cache),
    ...servers.filter(({ figures }) => figures.calls > 0).map(figuresLine),
  ].join("\n");
}

const engineLine = ({ name, version, reason, problem }: NonNullable<GatewayStatus["engine"]>): string =>
  problem === undefined ? `Containers run on ${name} ${version}: ${reason}` : `No container engine: ${problem}`;

/** A delay of Sallyport itself that a caller may have noticed. */
const WORTH_TELLING_MS = 100;

const loopLine = ({ p99Ms, maxMs }: NonNullable<GatewayStatus["loopDelay"]>): string =>
  `Sallyport itself was up to ${formatMs(maxMs)} late (p99 ${formatMs(p99Ms)})`;

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

const figuresLine = ({ server, state, inFlight, figures }: GatewayStatus["servers"][number]): string =>
  `${server} [${state}]: ${figures.calls} calls, ${figures.failures} failed, ${figures.toolErrors} tool errors, ${inFlight} in flight`;

const replicaLine = ({ replica, state, ejected, inFlight, error }: ReplicaView): string =>
  `Replica ${replica} [${state}${ejected ? ", passed over after failures" : ""}]: ${inFlight} in flight${error === undefined ? "" : `; ${error}`}`;

/** What `manage` answers, too. */
export function serverText(found: ServerStatus): string {
  const tools = found.tools === undefined ? "tools not known yet" : `${found.tools} tools`;
  return [
    `${found.server} [${found.state}], ${found.transport}${found.era === undefined ? "" : `, ${found.era} era`}, ${tools}`,
    ...(found.guard.breaker === "closed"
      ? []
      : [`Circuit ${found.guard.breaker}: next try in ${formatMs(found.guard.retryAfterMs)}`]),
    ...(found.needs.length > 0 ? [`Needs ${found.needs.join(", ")}`] : []),
    `${found.figures.calls} calls, ${found.figures.failures} failed, ${found.figures.toolErrors} tool errors, ${found.inFlight} in flight`,
    ...cacheLines(found.cache),
    ...(found.error === undefined
      ? []
      : [`Last error: ${found.error}`, `Next start in ${formatMs(found.retryAfterMs ?? 0)}, or manage reset`]),
    ...(found.replicas ?? []).map(replicaLine),
    ...(found.strayLines ? [`Skipped ${found.strayLines} lines on its stdout that were no JSON-RPC`] : []),
    ...found.quarantined.map(({ name, reason }) => `Set aside ${name}: ${reason}`),
    ...(found.log.length > 0 ? ["Log:", ...found.log] : []),
  ].join("\n");
}
