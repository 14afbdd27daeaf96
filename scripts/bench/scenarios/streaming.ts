import { Scope } from "../../../src/model/scope.ts";
import { startHttpBackend } from "../backend.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import type { Done, LineDriver } from "../line-driver.ts";
import { cpuMicros, rssMib } from "../process-figures.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { median, quantile, shuffled, sorted } from "../statistics.ts";

const STREAMS = [1, 200, 1_000];
/** So many streams of one server are let through at a time. */
const A_SERVER = 32;
const LINES = 5;
const EVERY_MS = 100;
const AT = /"message":"at ([\d.]+)"/g;
const DIRECT = "direct HTTP stream";

interface Streamed {
  /** From the writing of each line at the backend to its reading here. */
  readonly lineMs: number[];
  /** CPU time of the gateway for all of it. */
  cpuMicros: number;
  errors: number;
}

interface Way {
  readonly name: string;
  readonly pid: number | undefined;
  readonly stream: (id: number, onText: (text: string) => void, done: Done) => void;
}

/** Progress of many calls at once: how long a line takes from the backend to the host, against the bare connection. */
export async function streaming(rounds: number): Promise<Findings> {
  await using scope = new Scope();
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const servers = Array.from({ length: Math.ceil(Math.max(...STREAMS) / A_SERVER) }, (_, at) => `drip-${at}`);
  const installation = install(Object.fromEntries(servers.map((name) => [name, { url, protocolEra: "legacy" }])));
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  for (const [at, server] of servers.entries()) await gateway.request(2 + at, "tools/call", invocation(server, { text: "x" }));
  const ways = [{ name: DIRECT, pid: undefined, stream: directly(direct) }, through(gateway, servers)];
  const cases = ways.flatMap((way) =>
    STREAMS.map((streams) => ({ way, streams, found: { lineMs: [], cpuMicros: 0, errors: 0 } as Streamed })),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const { way, streams, found } of shuffled(cases)) await run(way, streams, found);
    showProgress(round + 1, rounds);
  }
  return {
    rows: cases.map(({ way, streams, found }) => toRow(way, streams, found, cases)),
    chart: { value: "p50 ms", names: ["variant", "streams"] },
    notes: [
      `Each stream has ${LINES} lines of progress, ${EVERY_MS} ms apart; times run from the writing of a line at the backend to its reading`,
      `"+ ms" is the median on top of "${DIRECT}" at the same number of streams, same run`,
      '"CPU us/line" is the gateway\'s, calls and answers included: lines of all streams come at once, so the last one waits for all others',
    ],
  };
}

let nextId = 1_000; // ids below are for handshakes

async function run({ stream, pid }: Way, streams: number, found: Streamed): Promise<void> {
  let open = streams;
  const before = pid === undefined ? undefined : cpuMicros(pid);
  await new Promise<void>((resolve) => {
    const onText = (text: string): void => {
      for (const [, at] of text.matchAll(AT)) found.lineMs.push(performance.timeOrigin + performance.now() - Number(at));
    };
    for (let at = 0; at < streams; at += 1)
      stream(nextId++, onText, (ok) => {
        if (!ok) found.errors += 1;
        open -= 1;
        if (open === 0) resolve();
      });
  });
  const after = pid === undefined ? undefined : cpuMicros(pid);
  if (before !== undefined && after !== undefined) found.cpuMicros += after - before;
}

const ARGS = { text: "done", lines: LINES, everyMs: EVERY_MS };

const directly =
  (direct: HttpDriver): Way["stream"] =>
  (id, onText, done) =>
    direct.stream(callLine(id, { name: "echo", arguments: ARGS, _meta: { progressToken: id } }), onText, done);

function through(gateway: LineDriver, servers: readonly string[]): Way {
  let hear: (text: string) => void = () => {};
  gateway.onOther = (text) => hear(text);
  return {
    name: "gateway, HTTP stream",
    pid: gateway.child.pid,
    stream(id, onText, done) {
      hear = onText; // one round at a time
      const params = { ...invocation(servers[id % servers.length] ?? "", ARGS), _meta: { progressToken: id } };
      gateway.send(id, callLine(id, params), done);
    },
  };
}

const invocation = (server: string, args: object) => ({ name: "invoke", arguments: { tool: `${server}/echo`, arguments: args } });

function toRow(
  way: Way,
  streams: number,
  found: Streamed,
  cases: readonly { way: Way; streams: number; found: Streamed }[],
): Row {
  const floor = cases.find((other) => other.way.name === DIRECT && other.streams === streams)?.found.lineMs ?? [];
  const times = sorted(found.lineMs);
  return {
    variant: way.name,
    streams: String(streams),
    lines: String(times.length),
    "p50 ms": quantile(times, 0.5),
    "p99 ms": quantile(times, 0.99),
    "+ ms": median(times) - median(floor),
    "CPU us/line": way.pid === undefined ? undefined : found.cpuMicros / times.length,
    "RSS MiB": way.pid === undefined ? undefined : rssMib(way.pid),
    errors: String(found.errors),
  };
}
