import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MetricsPlace } from "../../src/gateway/ops-desk.ts";
import type { GatewayStatus, ServerStatus } from "../../src/gateway/views.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { runCommand } from "../support/command-line.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { Scrape } from "../support/scrape.ts";

const OBEDIENT = fileURLToPath(new URL("../fixtures/backends/obedient.mjs", import.meta.url));
const RULES: JsonObject = {
  trust: { annotations: true },
  tools: { deny: ["secret"], overrides: { look: { cacheTtlMs: 3_600_000 } } },
};
const SERVERS: Readonly<Record<string, JsonObject>> = {
  pipe: { command: process.execPath, args: [OBEDIENT], ...RULES },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the registry expands it
  wire: { command: process.execPath, args: [OBEDIENT], env: { PORT: "${PORT}" }, transport: "http", path: "/", ...RULES },
};
const HOWS = ["ok", "tool_error", "rpc_error"] as const;

interface Step {
  readonly tool: string;
  readonly how: string;
  readonly key: string;
  /** A member of the params that the fast lane does not know sends the call the SDK's way. */
  readonly lane: JsonObject;
}

const lane = fc.constantFrom<JsonObject>({}, { "x-slow": true });
const key = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ tool: fc.constantFrom("read", "look", "write"), how: fc.constantFrom(...HOWS), key, lane }),
  fc.record({ tool: fc.constant("look"), how: fc.constant("ok"), key, lane }),
  fc.record({ tool: fc.constantFrom("secret", "made_up"), how: fc.constant("ok"), key, lane }),
);

/** What the test knows of one tool's calls: by how they ended, and by the part the cache had in them. */
interface Entry {
  readonly codes: Record<string, number>;
  readonly cache: Record<string, number>;
  retries: number;
  sent: number;
}

/** What happened, kept by the one who called. */
class Ledger {
  readonly tools = new Map<string, Entry>();
  readonly #kept = new Map<string, Set<string>>();

  /** Notes a call as it must have gone; `code` is what its caller was told. */
  note(server: string, { tool, how, key }: Step, code: string): void {
    const isRefused = tool === "secret" || server === "nobody";
    const entry = this.#entry(server, server === "nobody" || tool === "made_up" ? "other" : tool);
    entry.codes[code] = (entry.codes[code] ?? 0) + 1;
    const use = isRefused ? "bypass" : this.#useOfCache(server, tool, how, key);
    entry.cache[use] = (entry.cache[use] ?? 0) + 1;
    if (!isRefused && tool !== "made_up" && use !== "hit") entry.sent += 1;
    if (how === "flaky" && code === "ok") entry.retries += 1;
  }

  #useOfCache(server: string, tool: string, how: string, key: string): string {
    const kept = this.#kept.get(server) ?? new Set<string>();
    this.#kept.set(server, kept);
    if (tool === "write" || tool === "made_up") kept.clear(); // for all anybody knows it may change something
    if (tool !== "look") return "bypass";
    if (kept.has(`${how} ${key}`)) return "hit";
    if (how === "ok") kept.add(`${how} ${key}`);
    return "miss";
  }

  #entry(server: string, tool: string): Entry {
    const name = `${server} ${tool}`;
    const entry = this.tools.get(name) ?? { codes: {}, cache: {}, retries: 0, sent: 0 };
    this.tools.set(name, entry);
    return entry;
  }
}

let gateway: GatewayProcess;
let places: readonly MetricsPlace[];
const ledger = new Ledger();

const statusOf = async (server?: string): Promise<JsonObject> =>
  (await gateway.callTool("status", server === undefined ? {} : { server }))["structuredContent"] as JsonObject;
const scrape = async (kind: MetricsPlace["kind"]): Promise<Scrape> =>
  await Scrape.of(places.find((place) => place.kind === kind)?.address ?? "");

async function play(server: string, steps: readonly Step[]): Promise<void> {
  for (const { lane, ...step } of steps) {
    const args = { tool: `${server}/${step.tool}`, arguments: { how: step.how, key: step.key } };
    const result = resultOf(await gateway.request("tools/call", { name: "invoke", arguments: args, ...lane }));
    ledger.note(server, { ...step, lane }, codeOf(result));
  }
}

/** How a call ended, as its caller is told. */
function codeOf(result: JsonObject): string {
  if (result["isError"] !== true) return "ok";
  const { error } = (result["structuredContent"] ?? {}) as { readonly error?: { readonly code?: string } };
  return error?.code ?? "tool_error";
}

beforeAll(async () => {
  gateway = await GatewayProcess.start({ metrics: { socket: true, port: 0 }, mcpServers: SERVERS });
  await gateway.initialize();
  await Promise.all(Object.keys(SERVERS).map((server) => gateway.callTool("manage", { action: "start", server })));
  ({ metrics: places } = (await statusOf()) as unknown as GatewayStatus);
  const [first = [], second = []] = fc.sample(fc.array(step, { minLength: 150, maxLength: 150 }), { numRuns: 2, seed: 7 });
  const flaky = (tool: string, key: string): Step => ({ tool, how: "flaky", key, lane: {} });
  const lost: Step = { tool: "x", how: "ok", key: "a", lane: {} };
  await Promise.all([
    play("pipe", first),
    play("wire", [...second, flaky("read", "r1"), flaky("write", "w1"), flaky("read", "r2")]),
    play("nobody", [lost, { ...lost, tool: "y" }]),
  ]);
}, 60_000);
afterAll(() => gateway?.[Symbol.asyncDispose]());

test("the load was mixed: every end a call can have is in the ledger", () => {
  const codes = new Set([...ledger.tools.values()].flatMap((entry) => Object.keys(entry.codes)));
  const expected = ["not_found", "ok", "permission_denied", "tool_error", "unavailable", "upstream_rejected"];
  expect([...codes].sort()).toEqual(expected);
  expect(ledger.tools.get("wire read")?.retries).toBe(2);
  expect(ledger.tools.get("pipe look")?.cache["hit"]).toBeGreaterThan(5);
});

test.each(Object.keys(SERVERS))("status of %s is the ledger of its caller", async (server) => {
  const { byTool, figures } = (await statusOf(server)) as unknown as ServerStatus;
  const shown = byTool.map(({ tool, latency, ...counts }) => [`${server} ${tool}`, counts] as const);
  const expected = [...ledger.tools]
    .filter(([name]) => name.startsWith(`${server} `))
    .map(([name, entry]) => [name, countsOf(entry)] as const);
  expect(new Map(shown)).toEqual(new Map(expected));
  expect(figures).toMatchObject({ calls: sum(expected.map(([, { calls }]) => calls)), starts: 1, trips: 0 });
});

describe.each(["socket", "port"] as const)("a scrape of the %s", (kind) => {
  let found: Scrape;
  beforeAll(async () => {
    found = await scrape(kind);
  });
  const byTool = (of: (entry: Entry) => Record<string, number>) =>
    new Map([...ledger.tools].map(([name, entry]) => [name, of(entry)]));

  test("counts the calls of the ledger, by how they ended", () => {
    const calls = found.histograms("mcp_server_operation_duration_seconds");
    const counts = calls.map(({ labels, count }) => [nameOf(labels), labels["error_type"] ?? "ok", count] as const);
    expect(grouped(counts)).toEqual(byTool(({ codes }) => codes));
  });

  test("counts what reached a server, and what was sent again", () => {
    const sent = new Map<string, number>();
    for (const { labels, count } of found.histograms("mcp_client_operation_duration_seconds"))
      sent.set(nameOf(labels), (sent.get(nameOf(labels)) ?? 0) + count);
    expect(sent).toEqual(new Map([...ledger.tools].flatMap(([name, entry]) => (entry.sent > 0 ? [[name, entry.sent]] : []))));
    const retries = found
      .samples("sallyport_call_retries_total")
      .map(({ labels, value }) => [nameOf(labels), "retries", value] as const);
    expect(grouped(retries)).toEqual(byTool((entry) => ({ retries: entry.retries })));
  });

  test("counts what the cache did", () => {
    const uses = found.samples("sallyport_cache_requests_total");
    const counts = uses.map(({ labels, value }) => [nameOf(labels), labels["result"] ?? "", value] as const);
    expect(grouped(counts)).toEqual(byTool(({ cache }) => cache));
  });

  test("has whole histograms in the buckets of the conventions", () => {
    expect(found.allHistograms.length).toBeGreaterThan(10);
    for (const { buckets, count } of found.allHistograms) {
      const bounds = Object.entries(buckets).sort(([a], [b]) => boundOf(a) - boundOf(b));
      expect(bounds.map(([bound]) => bound).join()).toBe("0.01,0.02,0.05,0.1,0.2,0.5,1,2,5,10,30,60,120,300,+Inf");
      const counts = bounds.map(([, value]) => value);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(count);
    }
  });

  test("tells the states, the starts, the connections and the process", () => {
    const running = found.samples("sallyport_backend_state").filter(({ value }) => value === 1);
    expect(running.map(({ labels }) => `${labels["sallyport_backend"]} ${labels["state"]}`)).toEqual([
      "pipe running",
      "wire running",
    ]);
    const starts = found.histograms("sallyport_backend_start_duration_seconds");
    expect(starts.map(({ labels, count }) => [labels["sallyport_runtime"], labels["outcome"], count])).toEqual([
      ["process", "ok", 1],
      ["process", "ok", 1],
    ]);
    const entries = [...ledger.tools].filter(([name]) => name.startsWith("wire "));
    const sent = sum(entries.map(([, entry]) => entry.sent + entry.retries));
    expect(found.samples("sallyport_connection_requests_total")[0]?.value).toBeGreaterThanOrEqual(sent);
    expect(found.samples("sallyport_connection_opened_total")[0]?.value).toBeLessThan(10);
    expect(found.samples("process_resident_memory_bytes")[0]?.value).toBeGreaterThan(20 * 2 ** 20);
  });
});

test("both places show the same", async () => {
  expect((await scrape("socket")).names).toEqual((await scrape("port")).names);
});

test("the command line shows the gateway that runs, and one of its servers", async () => {
  const { out } = await runCommand(gateway.home, ["status"]);
  expect(out).toContain(String(places[0]?.address));
  expect(out).toMatch(/\nwire \[running\]: \d+ calls, /);
  const { out: json } = await runCommand(gateway.home, ["status", "wire", "--json"]);
  const { running } = JSON.parse(json) as { readonly running: readonly { readonly status: ServerStatus }[] };
  const { byTool } = (await statusOf("wire")) as unknown as ServerStatus;
  expect(running.map(({ status }) => status.byTool)).toEqual([byTool]);
});

test("a metrics port that is none is refused in words, before anything is served", async () => {
  const { code, out, err } = await runCommand(gateway.home, ["serve", "--metrics-port", "94640"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("Expected a port from 0 to 65535");
});

test("the gateway leaves with its host, whoever may read its figures", async () => {
  expect(await gateway.end()).toEqual({ code: 0, signal: null });
});

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function countsOf({ codes, cache, retries }: Entry) {
  const calls = sum(Object.values(codes));
  const toolErrors = codes["tool_error"] ?? 0;
  return { calls, toolErrors, failures: calls - toolErrors - (codes["ok"] ?? 0), retries, cacheHits: cache["hit"] ?? 0 };
}

const nameOf = (labels: Readonly<Record<string, string>>): string =>
  `${labels["sallyport_backend"]?.replace("(unknown)", "nobody")} ${labels["gen_ai_tool_name"]}`;

const boundOf = (bound: string): number => Number(bound.replace("+Inf", "Infinity"));

function grouped(counts: readonly (readonly [tool: string, kind: string, count: number])[]) {
  const groups = new Map<string, Record<string, number>>();
  for (const [tool, kind, count] of counts) groups.set(tool, { ...groups.get(tool), [kind]: count });
  return groups;
}
