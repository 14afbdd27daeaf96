import fc from "fast-check";
import { expect, test } from "vitest";
import { Durations } from "../../../src/telemetry/durations.ts";
import { PrometheusText } from "../../../src/telemetry/prometheus-text.ts";
import { Scrape } from "../../support/scrape.ts";

test("a metric is told what it is, then its samples", () => {
  const text = new PrometheusText()
    .metric("a_total", "counter", "How many")
    .sample(1, { tool: "log", error_type: undefined })
    .metric("b", "gauge", "How much")
    .sample(0.5);
  expect(String(text)).toBe(
    '# HELP a_total How many\n# TYPE a_total counter\na_total{tool="log"} 1\n# HELP b How much\n# TYPE b gauge\nb 0.5\n',
  );
});

test("a histogram adds up its buckets", async () => {
  const durations = new Durations();
  for (const ms of [5, 10, 11, 400_000]) durations.record(ms);
  const text = new PrometheusText().metric("c_seconds", "histogram", "How long").histogram(durations, { tool: "log" });
  const [found] = (await Scrape.parse(String(text))).histograms("c_seconds");
  expect(found).toMatchObject({ labels: { tool: "log" }, count: 4, sum: 400.026 });
  expect(found?.buckets).toMatchObject({ "0.01": 2, "0.02": 3, "300": 3, "+Inf": 4 });
});

/** What the parser of these tests gets wrong: other ends of lines, its own mark, and a backslash before a quote or an n. */
const MISREAD = ["\r", "\u2028", "\u2029", String.fromCodePoint(1)];
const isReadable = (value: string): boolean => !MISREAD.some((part) => value.includes(part)) && !/\\(["n\\]|$)/.test(value);

test("any text is a label that comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }).filter(isReadable), async (tool) => {
      const written = new PrometheusText().metric("d", "gauge", "Anything").sample(1, { tool });
      expect((await Scrape.parse(String(written))).samples("d")).toEqual([{ labels: { tool }, value: 1 }]);
    }),
  );
});

test.each([
  ['say "hi"', 'say \\"hi\\"'],
  ["two\nlines", "two\\nlines"],
  ["C:\\new", "C:\\\\new"],
  ['\\"', '\\\\\\"'],
])("%j is escaped as Prometheus wants it", (tool, written) => {
  expect(String(new PrometheusText().metric("d", "gauge", "Anything").sample(1, { tool }))).toContain(`d{tool="${written}"} 1\n`);
});
