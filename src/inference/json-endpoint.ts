import { Pool } from "undici";
import { GatewayError } from "../model/errors.ts";
import type { Secret } from "../model/secret.ts";
import type { Signal } from "../model/signal.ts";

/** The largest answer that is read: 512 vectors of 1,024 numbers, as text. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;
const CONNECTIONS = 2;
const KEEP_ALIVE_MS = 4_000;

export interface JsonEndpointOptions {
  readonly url: URL;
  readonly apiKey: Secret | undefined;
}

/** An address that JSON is posted to. Follows no redirect, inflates nothing, reads no more than 16 MiB; deadlines come with the signal. */
export class JsonEndpoint implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, apiKey }: JsonEndpointOptions) {
    this.#path = `${url.pathname}${url.search}`;
    this.#headers = {
      "content-type": "application/json",
      accept: "application/json",
      "accept-encoding": "identity",
      ...(apiKey && { authorization: `Bearer ${apiKey.reveal()}` }),
    };
    this.#pool = new Pool(url.origin, {
      connections: CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The parsed answer; throws GatewayErrors whose messages quote neither what was sent nor what came. */
  async post(body: unknown, signal: Signal): Promise<unknown> {
    try {
      return await this.#exchange(JSON.stringify(body), signal);
    } catch (reason) {
      if (signal.aborted) throw GatewayError.from(signal.reason);
      if (reason instanceof GatewayError) throw reason;
      throw new GatewayError("unavailable", `it cannot be reached (${codeOf(reason)})`, { cause: reason });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy().catch(() => {}); // the sockets are gone either way
  }

  async #exchange(body: string, signal: Signal): Promise<unknown> {
    const answer = await this.#pool.request({ method: "POST", path: this.#path, headers: this.#headers, body, signal });
    if (answer.statusCode !== 200) {
      answer.body.on("error", () => {}).destroy(); // destroying a body that is not at its end reports an abort
      const retryAfterMs = retryAfterOf(answer.headers["retry-after"]);
      const httpStatus = answer.statusCode;
      throw new GatewayError("upstream_rejected", `it answered with HTTP ${httpStatus}`, { httpStatus, retryAfterMs });
    }
    return parse(await readBounded(answer.body));
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new GatewayError("upstream_protocol", "its answer is larger than 16 MiB"); // leaving the loop ends the body
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("upstream_protocol", "its answer is no JSON");
  }
}

/** Seconds as `Retry-After` gives them; the other form, a date, is as good as none. */
const retryAfterOf = (header: string | string[] | undefined): number | undefined =>
  typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;

const codeOf = (reason: unknown): string =>
  reason instanceof Error && "code" in reason && typeof reason.code === "string" ? reason.code : "no answer";
