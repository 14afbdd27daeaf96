import { readFileSync, writeFileSync } from "node:fs";
import { lstat, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type WriteOptions, writeExamples } from "../../../../src/faces/cli/commands/examples.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { type ChatEndpoint, startChatEndpoint } from "../../../support/chat-endpoint.ts";
import { entry, type House, offer, openHouse, snapshotOf, tool } from "../../../support/open-house.ts";
import { tempDir } from "../../state/temp-dir.ts";
import { runIn } from "./running.ts";

const NEEDS = ["write to a friend", "answer a letter", "get word to somebody"];
const ANSWER = JSON.stringify(NEEDS);

const REGISTRY = `{
  "mcpServers": {
    "post": {
      "url": "http://localhost:1/mcp", // mail
      "tools": { "list": { "examples": ["what is new"] } }
    }
  }
}
`;

interface Office extends AsyncDisposable {
  readonly house: House;
  readonly file: string;
  run(options?: Partial<WriteOptions>, json?: boolean): ReturnType<typeof runIn>;
}

/** A house with one server, of whose tools one has examples, and its registry file. */
async function openOffice(chat?: Pick<ChatEndpoint, "url">, text = REGISTRY): Promise<Office> {
  const file = join(await tempDir(), "registry.json");
  await writeFile(file, text, { mode: 0o640 });
  const overrides = new Map([["list", { examples: ["what is new"] }]]);
  const post = entry("post", { tools: { allow: undefined, deny: ["purge"], overrides } });
  const view = { file, state: "ok", servers: 1, errors: [], warnings: [] } as const;
  const house = openHouse([post], { registryView: () => view });
  const send = tool("send", { description: "Sends\u202e mail", inputSchema: { properties: { to: {}, body: {} } } });
  offer(house.backend("post"), [send, tool("list"), tool("drop"), tool("purge")]);
  if (chat) {
    const snapshot = snapshotOf(post);
    const named = {
      url: new Secret(chat.url),
      origin: new URL(chat.url).origin,
      model: "writer",
      apiKey: new Secret("sk-key"),
      timeoutMs: 60_000,
    };
    house.apply({ ...snapshot, settings: { ...snapshot.settings, chat: named } });
  }
  const run: Office["run"] = (options = {}, json = false) =>
    runIn(house, (context) => writeExamples(context, { limit: 100, ...options }), { json });
  return { house, file, run, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

describe("sallyport examples write", () => {
  test("asks once for each tool that has none and may be called, shows what came, and writes nothing", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat);
    const { code, out, err } = await office.run();
    expect(code).toBe(0);
    expect(out).toBe(["post/send", "post/drop"].map((name) => `${name}\n    ${NEEDS.join("\n    ")}\n`).join(""));
    expect(err).toBe("Nothing was written: add --write to put such examples into the registry\n");
    expect(await readFile(office.file, "utf8")).toBe(REGISTRY);
    expect(chat.requests).toHaveLength(2);
    expect(chat.requests[0]).toMatchObject({ path: "/v1/chat/completions", authorization: "Bearer sk-key", model: "writer" });
    expect(JSON.parse(chat.requests[0]?.message ?? "")).toEqual({
      server: "post",
      tool: "send",
      description: "Sends\\u{202e} mail",
      parameters: ["to", "body"],
    });
  });

  test("adds them to the registry when told to, beside what stands there by hand, and keeps the file's mode", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat);
    const { code, err } = await office.run({ write: true });
    expect([code, err]).toEqual([0, `Examples of 2 tools were added to ${office.file}\n`]);
    const text = await readFile(office.file, "utf8");
    expect(text).toContain("// mail");
    expect(text).toContain('"list": { "examples": ["what is new"] }');
    expect(text.match(/"write to a friend"/g)).toHaveLength(2);
    expect((await stat(office.file)).mode & 0o777).toBe(0o640);
  });

  test("changes the file behind a link, and not the link", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat);
    const link = join(await tempDir(), "registry.json");
    await symlink(office.file, link);
    await office.house.gateway.examples.keep(link, [{ server: "post", tool: "send", examples: NEEDS }]);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(office.file, "utf8")).toContain("write to a friend");
  });

  test("loses nothing that is saved while it is at work on the file", async () => {
    await using office = await openOffice();
    const saved = REGISTRY.replace("// mail", "// mail, by hand");
    const draft = {
      server: "post",
      tool: "send",
      get examples() {
        if (!readFileSync(office.file, "utf8").includes("by hand")) writeFileSync(office.file, saved);
        return NEEDS;
      },
    };
    const edit = await office.house.gateway.examples.keep(office.file, [draft]);
    const text = await readFile(office.file, "utf8");
    expect(text).toBe(edit.text);
    expect(text).toContain("// mail, by hand");
    expect(text).toContain("write to a friend");
  });

  test("leaves alone what got examples by hand meanwhile, and says so", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat, REGISTRY.replace('"list": {', '"send": { "examples": ["mine"] }, "list": {'));
    const { err } = await office.run({ write: true });
    expect(err).toContain("post/send is left as it is: it has examples already\n");
    expect(await readFile(office.file, "utf8")).toContain('"send": { "examples": ["mine"] }');
  });

  test("tells a tool whose answer is of no use, and goes on", async () => {
    await using chat = await startChatEndpoint((_message, at) => (at === 0 ? "I would rather not." : ANSWER));
    await using office = await openOffice(chat);
    const { code, out, err } = await office.run({ write: true });
    expect(code).toBe(0);
    expect(err).toContain("post/send: its answer has no three short needs in it\n");
    expect(out).toContain("post/drop\n");
  });

  test("ends after three failures in a row, naming the endpoint, and not its key", async () => {
    await using chat = await startChatEndpoint(() => 500);
    await using office = await openOffice(chat);
    offer(
      office.house.backend("post"),
      ["a", "b", "c", "d"].map((name) => tool(name)),
    );
    const failed = office.run();
    await expect(failed).rejects.toMatchObject({
      code: "upstream_rejected",
      message: `writer at ${new URL(chat.url).origin} failed 3 times in a row: it answered with HTTP 500`,
    });
    expect(chat.requests).toHaveLength(3);
  });

  test("asks about no more tools than it may, and says how many are left", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat);
    const { err } = await office.run({ limit: 1, write: true });
    expect(chat.requests).toHaveLength(1);
    expect(err).toContain("1 more tools have none");
  });

  test("prints one JSON object", async () => {
    await using chat = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(chat);
    const { out } = await office.run({}, true);
    expect(JSON.parse(out)).toEqual({
      file: office.file,
      written: 0,
      drafts: [
        { server: "post", tool: "send", examples: NEEDS },
        { server: "post", tool: "drop", examples: NEEDS },
      ],
      skipped: [],
      left: 0,
    });
  });

  test("asks the endpoint and model of the command line instead, without the registry's key", async () => {
    await using named = await startChatEndpoint(() => ANSWER);
    await using other = await startChatEndpoint(() => ANSWER);
    await using office = await openOffice(named);
    await office.run({ url: other.url, model: "another" });
    expect(named.requests).toEqual([]);
    expect(other.requests[0]).toMatchObject({ model: "another", authorization: undefined });
  });

  test.each<[string, Partial<WriteOptions>, object]>([
    ["no model is named anywhere", {}, { code: "needs_config", message: "No model is named that could write examples" }],
    [
      "the address is one that everyone can read",
      { url: "http://h.example", model: "m" },
      { code: "invalid_argument", message: expect.stringMatching(/^--url: expected https/) },
    ],
    [
      "the address has no model",
      { url: "http://127.0.0.1:1" },
      { message: "--model: expected the name of a model, found nothing" },
    ],
    ["the server is unknown", { server: "pots" }, { code: "not_found", message: expect.stringContaining('did you mean "post"') }],
  ])("refuses when %s", async (_what, options, error) => {
    await using office = await openOffice();
    await expect(office.run(options)).rejects.toMatchObject(error);
  });

  test("leaves when it is interrupted", async () => {
    await using chat = await startChatEndpoint(() => undefined);
    await using office = await openOffice(chat);
    const interrupted = new AbortController();
    const drafts = office.house.gateway.examples.draft(
      await office.house.gateway.examples.wanting("post", interrupted.signal),
      { limit: 9 },
      interrupted.signal,
    );
    const first = drafts.next();
    interrupted.abort(new Error("enough"));
    await expect(first).rejects.toMatchObject({ message: "enough" });
  });
});
