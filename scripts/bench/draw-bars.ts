import { cell, type Findings, type Results } from "./report.ts";

const WIDTH = 900;
const NAMES = 330;
const BAR = { height: 15, gap: 5 };
const TITLE = 34;

/** The findings as an SVG: a block for each scenario, a bar for each row. */
export function drawBars(results: Results): string {
  const blocks: string[] = [];
  let top = 10;
  for (const [name, findings] of Object.entries(results)) {
    blocks.push(block(name, findings, top));
    top += TITLE + findings.rows.length * (BAR.height + BAR.gap) + 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${top}" fill="white"/>`,
    ...blocks,
    "</svg>\n",
  ].join("\n");
}

function block(name: string, { rows, chart }: Findings, top: number): string {
  const values = rows.map((row) => Number(row[chart.value] ?? 0));
  const most = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE);
  const bars = rows.map((row, at) => {
    const y = top + TITLE + at * (BAR.height + BAR.gap);
    const length = (Math.max(0, values[at] || 0) / most) * (WIDTH - NAMES - 80);
    const title = chart.names.map((column) => cell(row[column])).join(", ");
    return [
      `<text x="${NAMES - 8}" y="${y + 12}" text-anchor="end">${escaped(title)}</text>`,
      `<rect x="${NAMES}" y="${y}" width="${length.toFixed(1)}" height="${BAR.height}" fill="#247"/>`,
      `<text x="${(NAMES + length + 6).toFixed(1)}" y="${y + 12}">${cell(values[at])}</text>`,
    ].join("\n");
  });
  return `<text x="10" y="${top + 18}" font-size="15" font-weight="bold">${escaped(`${name}: ${chart.value}`)}</text>\n${bars.join("\n")}`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
