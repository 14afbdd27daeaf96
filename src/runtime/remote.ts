import { z } from "zod";
import type { BackendSpec } from "../model/backend-spec.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Endpoint, LaunchRequest, RuntimeDriver, RuntimeKind, Workload, WorkloadExit } from "../model/ports.ts";
import { checkHeaders, invalidField, readFields, SHARED_SHAPE } from "./entry-fields.ts";

/** Where a backend is reached that somebody else runs. */
export interface RemoteOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const shape = {
  url: z.string().min(1).describe("Address of the MCP endpoint, http or https"),
  headers: SHARED_SHAPE.headers.describe("Headers sent with every request, such as Authorization"),
};

/** The runtime of entries with a `url`: nothing is started, the backend is somebody else's. */
export const remoteKind: RuntimeKind = {
  kind: "remote",
  key: "url",
  shape,
  expand: ["url", "headers"],
  reserved: [],
  parse(entry) {
    const fields = readFields({ ...SHARED_SHAPE, ...shape }, entry.fields);
    const url = parseAddress(fields.url);
    const headers = fields.headers ?? {};
    checkHeaders(headers);
    const options: RemoteOptions = { url: url.href, headers };
    return { options, transport: transportOf(fields.transport, url) };
  },
};

/** Gives the address of a backend that runs elsewhere; it never exits as far as we can tell. */
export class RemoteDriver implements RuntimeDriver {
  readonly kind = remoteKind.kind;

  async launch({ spec, signal }: LaunchRequest): Promise<Workload> {
    if (signal.aborted) throw GatewayError.from(signal.reason);
    return new RemoteWorkload(spec.options as RemoteOptions); // this runtime's own `parse` made them
  }
}

class RemoteWorkload implements Workload {
  readonly endpoint: Endpoint;
  readonly exited: Promise<WorkloadExit>;
  readonly facts: JsonObject;
  readonly warmsUp = false;
  #leave: (exit: WorkloadExit) => void = () => {};

  constructor({ url, headers }: RemoteOptions) {
    this.endpoint = { kind: "http", url, headers };
    this.exited = new Promise((resolve) => {
      this.#leave = resolve;
    });
    const { origin, pathname } = new URL(url);
    this.facts = { url: origin + pathname }; // a query may carry a key
  }

  logTail(): readonly string[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave({ code: null, signal: null, reason: "no longer used" });
  }
}

/** Never quotes the address: a mistyped one may still carry a password. */
function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "")
    throw invalidField("url", "expected an http or https address", "Write it in full: https://example.com/mcp");
  if (url.username !== "" || url.password !== "")
    throw invalidField("url", "credentials in the address are not supported", 'Put them into "headers", as Authorization');
  return url;
}

function transportOf(written: BackendSpec["transport"] | undefined, url: URL): BackendSpec["transport"] {
  if (written === "stdio")
    throw invalidField(
      "transport",
      'expected "http" or "sse" for a url, found "stdio"',
      'Use "command" to start a local program',
    );
  return written ?? (/\/sse\/?$/.test(url.pathname) ? "sse" : "http");
}
