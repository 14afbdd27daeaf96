import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { caller, entry, offer, openHouse, tool } from "../../support/open-house.ts";
import { Scrape } from "../../support/scrape.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

interface Variable {
  readonly name: string;
  readonly query: string | { readonly query: string };
}

const dashboard = JSON.parse(readFileSync(new URL("../../../schema/grafana-dashboard.json", import.meta.url), "utf8")) as {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
};
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

/** What Prometheus itself adds to every series, and the label of buckets. */
const ADDED = ["job", "instance", "le"];
/** Set operations between series, and the value of a constant one. */
const OPERATORS = ["or", "and", "unless", "bool"];

/** The metrics and the labels a PromQL expression names. */
function readQuery(expr: string): { readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  const bare = expr.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, "");
  const matchers = [...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = ""]) => inside.split(","));
  const groupings = [...bare.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, inside = ""]) => inside.split(","));
  const rest = bare.replace(/\{[^}]*\}/g, "").replace(/\b(?:by|on)\s*\([^)]*\)/g, "");
  const names = [...rest.matchAll(/\b[a-zA-Z_]\w*(?!\w*\s*\()/g)].map(([name]) => name);
  return {
    metrics: names.filter((name) => !OPERATORS.includes(name)),
    labels: [...matchers, ...groupings].map((part) => part.trim().replace(/\s*[=!].*$/, "")).filter((label) => label !== ""),
  };
}

/** What the endpoint prints once a server has answered, has failed, and is not asked any more. */
async function printedMetrics(): Promise<Scrape> {
  await using house = openHouse([entry("notes")]);
  let isWell = true;
  offer(house.backend("notes"), [tool("read")], async () => {
    if (isWell) return { content: [] };
    throw new GatewayError("unavailable", "It is gone", { outcome: "unknown" });
  });
  const invoke = () => house.gateway.invoke({ tool: "notes/read", args: {} }, caller()).catch(() => undefined);
  await invoke();
  isWell = false;
  for (let time = 0; time < 30; time += 1) await invoke();
  return await Scrape.parse(await house.gateway.ops.metrics());
}

let printed: Scrape;
beforeAll(async () => {
  printed = await printedMetrics();
});

describe("the Grafana dashboard", () => {
  test("has panels that Grafana can tell apart and lay out", () => {
    expect(dashboard).toMatchObject({ schemaVersion: 39, uid: "sallyport" });
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("asks with variables that it has", () => {
    const known = new Set(["__rate_interval", "__range", ...dashboard.templating.list.map(({ name }) => name)]);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)]
      .map(([, name]) => String(name))
      .filter((name) => name !== "__all");
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    for (const { datasource, targets = [] } of panels) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
      expect(datasource?.uid).toBe("${datasource}");
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  test.each(queries)("%s asks for what the endpoint prints: %s", (_title, expr) => {
    const { metrics, labels } = readQuery(expr);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !printed.queryNames.includes(name))).toEqual([]);
    const known = [...printed.labelNames, ...ADDED];
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  });

  test("fills its variables from what the endpoint prints", () => {
    const [datasource, ...others] = dashboard.templating.list;
    expect(datasource?.query).toBe("prometheus");
    for (const { query } of others) {
      const [, metric = "", label = ""] =
        /^label_values\((\w+), (\w+)\)$/.exec(typeof query === "string" ? query : query.query) ?? [];
      expect(printed.queryNames).toContain(metric);
      expect([...printed.labelNames, ...ADDED]).toContain(label);
    }
  });

  test("leaves out nothing that is worth a look", () => {
    const shown = new Set(
      queries.flatMap(([, expr]) => readQuery(expr).metrics.map((name) => name.replace(/_(bucket|sum|count)$/, ""))),
    );
    expect(printed.names.filter((name) => !shown.has(name))).toEqual(["process_start_time_seconds", "sallyport_build_info"]);
  });
});
