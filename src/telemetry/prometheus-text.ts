import { BOUNDS_S, type Durations } from "./durations.ts";

/** A label without a value is left out. */
export type Labels = Readonly<Record<string, string | undefined>>;

/** Writes metrics as Prometheus reads them (text format 0.0.4). */
export class PrometheusText {
  readonly #lines: string[] = [];
  #name = "";

  /** Begins a metric; its samples follow. */
  metric(name: string, type: "counter" | "gauge" | "histogram", help: string): this {
    this.#name = name;
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    return this;
  }

  sample(value: number, labels: Labels = {}): this {
    this.#lines.push(`${this.#name}${braced(labels)} ${value}`);
    return this;
  }

  histogram(durations: Durations, labels: Labels = {}): this {
    const name = this.#name;
    const counts = durations.cumulative();
    BOUNDS_S.forEach((bound, at) => {
      this.#lines.push(`${name}_bucket${braced({ ...labels, le: String(bound) })} ${counts[at]}`);
    });
    this.#lines.push(
      `${name}_bucket${braced({ ...labels, le: "+Inf" })} ${durations.count}`,
      `${name}_sum${braced(labels)} ${durations.sumSeconds}`,
      `${name}_count${braced(labels)} ${durations.count}`,
    );
    return this;
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

function braced(labels: Labels): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : `${name}="${escaped(value)}"`));
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
