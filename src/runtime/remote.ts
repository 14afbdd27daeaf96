import * as z from "zod/mini";
import type { BackendSpec } from "../model/backend-spec.ts";
import { described } from "../model/described.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Endpoint, LaunchRequest, RuntimeDriver, RuntimeKind, Workload, WorkloadExit } from "../model/ports.ts";
import { checkHeaders, invalidField, readFields, SHARED_SHAPE } from "./entry-fields.ts";

/** Where a backend is reached that somebody else runs. */
export interface RemoteOptions {
  /** One for each replica. */
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

const shape = {
  url: z.optional(described(z.string().check(z.minLength(1)), "Address of the MCP endpoint, http or https")),
  urls: z.optional(
    described(
      z.array(z.string().check(z.minLength(1))).check(z.minLength(1), z.maxLength(16)),
      "Addresses of several instances of the same server, instead of url; they share the calls",
    ),
  ),
  headers: described(z.clone(SHARED_SHAPE.headers), "Headers sent with every request, such as Authorization"),
};

/** The runtime of entries with a `url` or several `urls`: nothing is started, the backend is somebody else's. */
export const remoteKind: RuntimeKind = {
  kind: "remote",
  key: "url",
  otherKeys: ["urls"],
  shape,
  expand: ["url", "urls", "headers"],
  reserved: [],
  parse(entry) {
    const fields = readFields({ ...SHARED_SHAPE, ...shape }, entry.fields);
    if (fields.replicas !== undefined)
      throw invalidField(
        "replicas",
        "is for servers that Sallyport runs, and this one has an address",
        'List the addresses of its instances in "urls"',
      );
    const addresses = addressesOf(fields.url, fields.urls);
    const headers = fields.headers ?? {};
    checkHeaders(headers);
    const options: RemoteOptions = { urls: addresses.map(({ url }) => url.href), headers };
    return { options, transport: transportOf(fields.transport, addresses), replicas: addresses.length };
  },
};

/** Gives the address of a backend that runs elsewhere; it never exits as far as we can tell. */
export class RemoteDriver implements RuntimeDriver {
  readonly kind = remoteKind.kind;

  async launch({ spec, replica, signal }: LaunchRequest): Promise<Workload> {
    if (signal.aborted) throw GatewayError.from(signal.reason);
    const { urls, headers } = spec.options as RemoteOptions; // this runtime's own `parse` made them
    const url = urls[replica];
    if (url === undefined) throw new GatewayError("internal", `"${spec.id}" has no address for replica ${replica}`);
    return new RemoteWorkload(url, headers);
  }
}

class RemoteWorkload implements Workload {
  readonly endpoint: Endpoint;
  readonly exited: Promise<WorkloadExit>;
  readonly facts: JsonObject;
  readonly warmsUp = false;
  #leave: (exit: WorkloadExit) => void = () => {};

  constructor(url: string, headers: RemoteOptions["headers"]) {
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

/** An address and the field it was written in. */
interface Address {
  readonly field: string;
  readonly url: URL;
}

function addressesOf(one: string | undefined, several: readonly string[] | undefined): readonly Address[] {
  if (several === undefined) return [parseAddress("url", one ?? "")];
  if (one !== undefined) throw invalidField("urls", 'stands beside "url": expected only one of both');
  const addresses = several.map((text, index) => parseAddress(`urls.${index}`, text));
  const seen = new Set<string>();
  for (const { field, url } of addresses) {
    if (seen.has(url.href)) throw invalidField(field, "is listed twice", "Each address stands for one instance");
    seen.add(url.href);
  }
  return addresses;
}

/** Never quotes the address: a mistyped one may still carry a password. */
function parseAddress(field: string, text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "")
    throw invalidField(field, "expected an http or https address", "Write it in full: https://example.com/mcp");
  if (url.username !== "" || url.password !== "")
    throw invalidField(field, "credentials in the address are not supported", 'Put them into "headers", as Authorization');
  return { field, url };
}

function transportOf(written: BackendSpec["transport"] | undefined, addresses: readonly Address[]): BackendSpec["transport"] {
  if (written === "stdio")
    throw invalidField(
      "transport",
      'expected "http" or "sse" for a url, found "stdio"',
      'Use "command" to start a local program',
    );
  return written ?? (addresses.every(({ url }) => /\/sse\/?$/.test(url.pathname)) ? "sse" : "http");
}
