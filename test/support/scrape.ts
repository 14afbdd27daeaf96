import { request } from "node:http";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

type Labels = Readonly<Record<string, string>>;

/** One series of a counter or a gauge, as the parser of the Prometheus text format gives it back. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Histogram {
  readonly labels: Labels;
  readonly buckets: Readonly<Record<string, number>>;
  readonly sum: number;
  readonly count: number;
}

type Metric =
  | { readonly type: "counter" | "gauge"; readonly help: string; readonly data: readonly Sample[] }
  | { readonly type: "histogram"; readonly help: string; readonly data: readonly Histogram[] };

const parser = createRequire(import.meta.url)("prom2javascript") as {
  readonly getMetricsFromIterator: (lines: Iterator<string>) => Promise<Readonly<Record<string, Metric>>>;
};

/** What a scrape brought, by the names of the metrics. */
export class Scrape {
  readonly #metrics: Readonly<Record<string, Metric>>;

  private constructor(metrics: Readonly<Record<string, Metric>>) {
    this.#metrics = metrics;
  }

  /** Reads the metrics behind a port's address or a socket's path, as Prometheus does. */
  static async of(address: string): Promise<Scrape> {
    return await Scrape.parse(await get(address));
  }

  /** Throws if the text is not what Prometheus reads. */
  static async parse(exposition: string): Promise<Scrape> {
    return new Scrape(await parser.getMetricsFromIterator(exposition.split("\n")[Symbol.iterator]()));
  }

  get names(): readonly string[] {
    return Object.keys(this.#metrics);
  }

  /** The names a query may use: a histogram is three of them. */
  get queryNames(): readonly string[] {
    return Object.entries(this.#metrics).flatMap(([name, { type }]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
  }

  /** Every label that is on some series. */
  get labelNames(): ReadonlySet<string> {
    return new Set(Object.values(this.#metrics).flatMap(({ data }) => data.flatMap(({ labels }) => Object.keys(labels))));
  }

  /** The series of a counter or a gauge; throws if it is none. */
  samples(name: string): readonly Sample[] {
    const metric = this.#metrics[name];
    if (metric === undefined || metric.type === "histogram") throw new Error(`Expected samples of ${name}`);
    return metric.data;
  }

  /** The series of a histogram; throws if it is none. */
  histograms(name: string): readonly Histogram[] {
    const metric = this.#metrics[name];
    if (metric?.type !== "histogram") throw new Error(`Expected histograms of ${name}`);
    return metric.data;
  }

  get allHistograms(): readonly Histogram[] {
    return Object.values(this.#metrics).flatMap((metric) => (metric.type === "histogram" ? metric.data : []));
  }
}

const get = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const onAnswer = (response: NodeJS.ReadableStream) => void text(response).then(resolve, reject);
    const asked = address.startsWith("/")
      ? request({ socketPath: address, path: "/metrics" }, onAnswer)
      : request(new URL(address), onAnswer);
    asked.on("error", reject).end();
  });
