// Soak: a steady load with a fault every 200 ms, while a probe beside the gateway tells what is left after a collection. Ends
// with a table, a drawing and, after 40 minutes, a verdict. Run: npm run soak -- [--minutes N] [--rate N] [--seed N] [--output FILE]
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { printTable, type Row } from "./bench/report.ts";
import { runChaos } from "./chaos/run-chaos.ts";
import { readOptions } from "./read-options.ts";
import { draw } from "./soak/draw.ts";
import { type Sample, Sampler } from "./soak/sampler.ts";
import { type Trend, trendOf } from "./soak/trend.ts";
import { judge, LEAST_MINUTES, WARM_UP } from "./soak/verdict.ts";

const EVERY_MS = 2_000;
/** Idle connections are closed by then, so that what is left is there to stay. */
const REST_MS = 8_000;
const MOST_IN_FLIGHT = 512;

const USAGE = "Usage: npm run soak -- [--minutes N] [--rate CALLS_PER_SECOND] [--seed N] [--output FILE]";

const { values } = readOptions(USAGE, {
  options: {
    minutes: { type: "string", default: String(LEAST_MINUTES) },
    rate: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    output: { type: "string", default: "bench-results/soak.svg" },
  },
});
const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)];

if (minutes > 0 && rate > 0 && Number.isInteger(seed)) await soak();
else {
  console.error(USAGE);
  process.exitCode = 2;
}

async function soak(): Promise<void> {
  const rests: Sample[] = [];
  let sampler: Sampler | undefined;
  let sampling: NodeJS.Timeout | undefined;
  const report = await runChaos({
    seed,
    calls: Math.ceil(minutes * 60 * rate),
    seconds: minutes * 60,
    inFlight: MOST_IN_FLIGHT,
    perSecond: rate,
    watch: {
      probe: new URL("soak/probe.mjs", import.meta.url).href,
      async before({ child }) {
        await pause(REST_MS);
        rests.push(await new Sampler(child).take());
        const during = new Sampler(child);
        sampler = during;
        sampling = setInterval(() => void during.take(), EVERY_MS);
      },
      async after({ child }) {
        clearInterval(sampling);
        await pause(REST_MS);
        rests.push(await new Sampler(child).take());
      },
    },
  });
  const samples = sampler?.samples ?? [];
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  printTable(toRows(rests, samples, settled));
  const { trend, halves, verdict } = judge(samples.map(({ at, dataMib }) => [at, dataMib]));
  const [early, late] = halves;
  console.log(
    `\nData after a collection, without compiled code, over the last ${100 - WARM_UP * 100} % of ${samples.length} samples: ${perHour(trend)}; first half of that ${hourly(early)}, last half ${hourly(late)}: ${verdict}`,
  );
  for (const note of report.notes) console.log(`\n${note}`);
  for (const { rule, nonce, detail } of report.violations) console.log(`\nVIOLATION ${rule}, call ${nonce}: ${detail}`);
  const title = `${minutes} min at ${rate} calls/s with a fault every 200 ms; data ${perHour(trend)}`;
  mkdirSync(dirname(values.output), { recursive: true });
  writeFileSync(values.output, draw(samples, trend, title));
  console.log(`\nDrawn in ${values.output}\n\n${report.violationCount === 0 ? "OK" : `${report.violationCount} violations`}`);
  process.exitCode = report.violationCount === 0 ? 0 : 1;
}

function perHour(trend: Trend): string {
  return `${hourly(trend)} MiB/h (95 %)`;
}

function hourly({ slope, margin }: Trend): string {
  return `${(slope * 3_600).toFixed(1)} ± ${(margin * 3_600).toFixed(1)}`;
}

function toRows([before, after]: readonly Sample[], samples: readonly Sample[], settled: readonly Sample[]): Row[] {
  const figures: [string, (sample: Sample) => number][] = [
    ["data MiB", ({ dataMib }) => dataMib],
    ["compiled code MiB", ({ codeMib }) => codeMib],
    ["RSS MiB", ({ rssMib }) => rssMib],
    ["file descriptors", ({ fds }) => fds],
    ["handles", ({ handles }) => handles],
    ["timers", ({ timers }) => timers],
  ];
  return figures.map(([name, of]) => ({
    figure: name,
    "at rest before": before && of(before),
    "least under load": Math.min(...samples.map(of)),
    "most under load": Math.max(...samples.map(of)),
    "per hour (95 %)": hourly(trendOf(settled.map((sample) => [sample.at, of(sample)]))),
    "at rest after": after && of(after),
  }));
}
