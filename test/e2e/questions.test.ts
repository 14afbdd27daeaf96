import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ASKED_KINDS, type AskedHost, connectAskedHost, FOUR, NAMED, ROOTS } from "../support/asked-hosts.ts";
import { ASKING_SERVERS, pushing } from "../support/asking-servers.ts";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";

const SERVERS = Object.keys(ASKING_SERVERS);
const REGISTRY = { mcpServers: { ...ASKING_SERVERS, starts: pushing(false, { ASKS_AT_START: "1" }) } };

describe.each(ASKED_KINDS)("a host built on the SDK %s", (kind) => {
  let home: GatewayHome;
  let host: AskedHost;
  beforeAll(async () => {
    home = await createGatewayHome(REGISTRY);
    host = await connectAskedHost(kind, home);
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  describe.each(SERVERS)("asked by %s", (server) => {
    test.each([
      ["its person", "form", NAMED, ["elicitation/create"]],
      ["its model", "sample", FOUR, ["sampling/createMessage"]],
      ["its roots", "roots", ROOTS, ["roots/list"]],
      ["two things one after the other", "twice", [NAMED, FOUR], ["elicitation/create", "sampling/createMessage"]],
      ["two things at once", "both", [NAMED, FOUR], ["elicitation/create", "sampling/createMessage"]],
    ])("for %s, answers as it likes, and the call goes on with that", async (_what, tool, answer, methods) => {
      host.asked.length = 0;
      expect(await host.call(`${server}/${tool}`)).toEqual(answer);
      expect(host.asked.sort()).toEqual(methods);
    });

    test("may decline, which is an answer too", async () => {
      host.answers({ action: "decline" });
      expect(await host.call(`${server}/form`)).toEqual({ action: "decline" });
      host.answers(NAMED);
    });
  });

  test.each(SERVERS.filter((server) => server.startsWith("legacy")))("is asked by %s on no call's stream too", async (server) => {
    expect(await host.call(`${server}/beside`)).toEqual(NAMED);
  });

  test("is asked through another gateway of this kind", async () => {
    await using inner = await createGatewayHome({ mcpServers: ASKING_SERVERS });
    const { command, args, env } = inner;
    await using outer = await createGatewayHome({ mcpServers: { inner: { command, args, env } } });
    await using far = await connectAskedHost(kind, outer);
    for (const server of SERVERS)
      expect(await far.call("inner/invoke", { tool: `${server}/twice`, arguments: {} })).toEqual([NAMED, FOUR]);
  });

  test("is asked for its roots by a server that wants them before its first call", async () => {
    expect(await host.call("starts/roots_at_start")).toEqual(ROOTS);
  });

  test("is the only one that legacy servers hear of: they are told what it can do, and nothing else", async () => {
    const declared = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } };
    for (const server of ["legacy-stdio", "legacy-http"])
      expect(await host.call(`${server}/journal`)).toContainEqual({ declared });
  });
});

describe.each(ASKED_KINDS)("a host built on the SDK %s that can be asked nothing", (kind) => {
  test("is not: a server that asks all the same is refused at once", async () => {
    await using home = await createGatewayHome(REGISTRY);
    await using host = await connectAskedHost(kind, home, false);
    for (const server of ["legacy-stdio", "legacy-http"]) {
      for (const tool of ["form", "sample", "roots", "beside"])
        expect(await host.call(`${server}/${tool}`)).toEqual({ refused: -32_601 });
    }
    expect(await host.call("starts/roots_at_start")).toEqual({ refused: -32_601 });
    expect(host.asked).toEqual([]);
  });
});
