import type { GatewayStatus, ServerStatus } from "../gateway/views.ts";
import { formatMs } from "../model/units.ts";

type Latency = NonNullable<ServerStatus["figures"]["latency"]>;

/** Queues that are shorter are none. */
const WORTH_TELLING_MS = 1;
/** The tools that are named one by one. */
const MOST_TOOLS = 10;

/** A duration as short as a call can be: `"0.08 ms"`, `"3.4 ms"`, `"340 ms"`. */
export function formatLatency(ms: number): string {
  if (ms >= 10) return formatMs(ms);
  return `${Number(ms.toFixed(ms >= 1 ? 1 : 2))} ms`;
}

/** What a server has been asked, on one line. */
export function callsText(figures: ServerStatus["figures"], inFlight: number): string {
  const { calls, failures, toolErrors, retries, lastFailure } = figures;
  return [
    `${calls} calls`,
    `${failures} failed${lastFailure === undefined ? "" : ` (last: ${lastFailure})`}`,
    `${toolErrors} tool errors`,
    ...(retries > 0 ? [`${retries} sent again`] : []),
    `${inFlight} in flight`,
  ].join(", ");
}

/** The same for one of several servers, with its usual times. */
export const serverLine = ({ server, state, inFlight, figures }: GatewayStatus["servers"][number]): string =>
  [
    `${server} [${state}]: ${callsText(figures, inFlight)}`,
    ...(figures.latency ? [`p50 ${formatLatency(figures.latency.p50Ms)}, p95 ${formatLatency(figures.latency.p95Ms)}`] : []),
  ].join("; ");

/** Where the time of a server's calls went; lines without figures are left out. */
export function timeLines({ figures, times: spent, traffic }: ServerStatus): readonly string[] {
  const { latency } = figures;
  const { inServer, ours, queueWait, starts, firstCalls } = spent;
  return [
    ...(latency ? [`Calls take ${quantiles(latency)}`] : []),
    ...(inServer && ours
      ? [`Of that in the server p95 ${formatLatency(inServer.p95Ms)}, in Sallyport p95 ${formatLatency(ours.p95Ms)}`]
      : []),
    ...(queueWait && queueWait.maxMs >= WORTH_TELLING_MS ? [`Waiting for their turn ${quantiles(queueWait)}`] : []),
    ...(starts ? [`Started ${times(figures.starts)}, ${usualAndLongest(starts)}`] : []),
    ...(figures.failedStarts > 0 ? [`Failed to start ${times(figures.failedStarts)}`] : []),
    ...(firstCalls ? [`Waited for a start: ${firstCalls.count} calls, ${usualAndLongest(firstCalls)}`] : []),
    ...(figures.trips > 0 ? [`Circuit opened ${times(figures.trips)}`] : []),
    ...(traffic ? [`Connections reused: ${percent(traffic.reuseRate)} of ${traffic.requests} requests`] : []),
  ];
}

/** The tools of a server that are called most. */
export function toolLines({ byTool }: ServerStatus): readonly string[] {
  const shown = byTool
    .slice(0, MOST_TOOLS)
    .map(({ tool, calls, failures, toolErrors, retries, cacheHits, latency }) =>
      [
        `- ${tool}: ${calls} calls`,
        ...(failures > 0 ? [`${failures} failed`] : []),
        ...(toolErrors > 0 ? [`${toolErrors} tool errors`] : []),
        ...(retries > 0 ? [`${retries} sent again`] : []),
        ...(cacheHits > 0 ? [`${cacheHits} from the cache`] : []),
        ...(latency ? [quantiles(latency)] : []),
      ].join(", "),
    );
  return byTool.length > shown.length ? [...shown, `- and ${byTool.length - shown.length} more`] : shown;
}

const quantiles = ({ p50Ms, p95Ms, p99Ms }: Latency): string =>
  `p50 ${formatLatency(p50Ms)}, p95 ${formatLatency(p95Ms)}, p99 ${formatLatency(p99Ms)}`;

const usualAndLongest = ({ count, p50Ms, maxMs }: Latency): string =>
  count === 1 ? formatLatency(maxMs) : `p50 ${formatLatency(p50Ms)}, longest ${formatLatency(maxMs)}`;

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
