// Writes the performance table of README.md from the figures of a run. Run: npm run bench:readme -- [bench-results/all.json]
import { readFileSync, writeFileSync } from "node:fs";
import { figureOf, headlines, limitOf } from "./headlines.ts";
import type { Machine } from "./machine.ts";
import { cell, type Results } from "./report.ts";

const README = new URL("../../README.md", import.meta.url);
const BEGIN = "<!-- bench -->";
const END = "<!-- /bench -->";

interface Run {
  readonly at: string;
  readonly machine: Machine;
  readonly settings: { readonly rounds: number; readonly calls: number };
  readonly scenarios: Results;
}

const run: Run = JSON.parse(readFileSync(process.argv[2] ?? "bench-results/all.json", "utf8"));
const text = readFileSync(README, "utf8");
const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END} to write the table into`);
writeFileSync(README, `${text.slice(0, from)}${BEGIN}\n${tableOf(run)}\n${text.slice(to)}`);

function tableOf({ at, machine, settings, scenarios }: Run): string {
  const rows = headlines.map((headline) => {
    const figure = figureOf(headline, scenarios);
    return `| ${headline.title} | ${figure === undefined ? "not measured" : `${cell(figure)} ${headline.unit}`} | ${limitOf(headline)} |`;
  });
  const where = `${machine.cores} x ${machine.cpu}, Node ${machine.node}, load ${machine.loadAtStart.toFixed(1)}`;
  return [
    "| figure | measured | limit of the gate |",
    "|---|---|---|",
    ...rows,
    "",
    `Medians of ${settings.rounds} rounds, ${at.slice(0, 10)}, ${where}, everything pinned to one CPU (in isolation the gateway has one of its own where there are two).`,
  ].join("\n");
}
