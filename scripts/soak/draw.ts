import type { Sample } from "./sampler.ts";
import type { Trend } from "./trend.ts";

const WIDTH = 900;
const PANEL = { left: 70, height: 130, gap: 46, top: 40 };
const PANELS = [
  { title: "Data on the heap and outside it after a collection, MiB", of: (sample: Sample) => sample.dataMib },
  { title: "Compiled code, MiB", of: (sample: Sample) => sample.codeMib },
  { title: "RSS, MiB", of: (sample: Sample) => sample.rssMib },
  { title: "Open file descriptors", of: (sample: Sample) => sample.fds },
  { title: "Handles", of: (sample: Sample) => sample.handles },
  { title: "Timers", of: (sample: Sample) => sample.timers },
];

/** The samples as an SVG: one panel for each figure from zero up, over minutes, and the trend of the first. */
export function draw(samples: readonly Sample[], first: Trend, title: string): string {
  const height = PANEL.top + PANELS.length * (PANEL.height + PANEL.gap);
  const panels = PANELS.map((panel, row) => drawPanel(samples, panel, row, row === 0 ? first : undefined));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(PANEL.left, 20, title, 'font-size="15" font-weight="bold"'),
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(samples: readonly Sample[], panel: (typeof PANELS)[number], row: number, trend: Trend | undefined): string {
  const top = PANEL.top + row * (PANEL.height + PANEL.gap) + 16;
  const bottom = top + PANEL.height;
  const end = Math.max(...samples.map(({ at }) => at), 1);
  const most = Math.max(...samples.map(panel.of), 1) * 1.1;
  const x = (at: number): number => PANEL.left + (at / end) * (WIDTH - PANEL.left - 20);
  const y = (value: number): number => bottom - (value / most) * PANEL.height;
  const points = samples.map((sample) => `${x(sample.at).toFixed(1)},${y(panel.of(sample)).toFixed(1)}`);
  const slope = trend && line([x(0), y(trend.intercept)], [x(end), y(trend.intercept + trend.slope * end)], "#c33", "4 3");
  return [
    text(PANEL.left, top - 5, panel.title),
    line([PANEL.left, bottom], [WIDTH - 20, bottom], "#999"),
    line([PANEL.left, top], [PANEL.left, bottom], "#999"),
    text(PANEL.left - 8, y(most / 1.1) + 4, (most / 1.1).toFixed(most < 20 ? 1 : 0), 'text-anchor="end"'),
    text(PANEL.left - 8, bottom, "0", 'text-anchor="end"'),
    text(WIDTH - 20, bottom + 15, `${(end / 60).toFixed(1)} min`, 'text-anchor="end"'),
    `<polyline fill="none" stroke="#247" stroke-width="1.5" points="${points.join(" ")}"/>`,
    slope ?? "",
  ].join("\n");
}

const text = (x: number, y: number, what: string, style = ""): string => `<text x="${x}" y="${y}" ${style}>${what}</text>`;

function line([x1, y1]: [number, number], [x2, y2]: [number, number], colour: string, dashes = ""): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-dasharray="${dashes}"/>`;
}
