import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuseLinkLocal } from "../../../../src/transport/streamable-http/http-pool.ts";
import { connect } from "../../../support/connecting.ts";
import { close, startScriptedHttp } from "../../../support/scripted-http.ts";

const resolvingTo =
  (...addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

const verdict = (...addresses: string[]): Promise<string> =>
  new Promise((resolve) => {
    refuseLinkLocal(resolvingTo(...addresses))("host.test", { all: true }, (error) => resolve(error ? "refused" : "allowed"));
  });

test.each([["169.254.169.254"], ["::ffff:169.254.169.254"], ["::ffff:a9fe:a9fe"], ["fe80::1"], ["93.184.216.34", "169.254.0.1"]])(
  "a host name that leads to %s is refused when it is dialled",
  async (...addresses) => {
    expect(await verdict(...addresses)).toBe("refused");
  },
);

test.each(["127.0.0.1", "::1", "10.1.2.3", "93.184.216.34", "2001:db8::1"])(
  "a host name that leads to %s is allowed",
  async (address) => {
    expect(await verdict(address)).toBe("allowed");
  },
);

test("a unix socket is dialled instead of the url's host, which stays in the request", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-pool-"));
  const socketPath = join(directory, "s");
  const hosts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const connecting = connect({ kind: "http", url: "http://backend.test:81/mcp?a=b", headers: {}, socketPath }, { era: "legacy" });
  await expect(connecting).rejects.toMatchObject({ httpStatus: 401 });
  expect(hosts).toEqual(["backend.test:81"]);
  await close(server);
  await rm(directory, { recursive: true });
});

test("the path and the query of the url are kept as they were written", async () => {
  await using backend = await startScriptedHttp({ era: "legacy" });
  await using _connection = await connect(`${backend.url}?key=a%2Fb`, { era: "legacy" });
  expect(backend.requests.map(({ target }) => target)).toEqual(backend.requests.map(() => "/mcp?key=a%2Fb"));
  expect(backend.requests).not.toEqual([]);
});
