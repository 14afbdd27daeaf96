import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

const FACE = new URL("../fixtures/face.ts", import.meta.url).pathname;
const META = "io.modelcontextprotocol";
const MIB = 2 ** 20;

interface Answer {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The host's side of one face process. */
class Host implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<unknown[]>;
  readonly #log: Interface;
  readonly #logged: string[] = [];
  #lines: AsyncIterator<string> | undefined;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ["--import", "tsx", FACE], { env: { ...process.env, ...env } });
    this.child.stdin.on("error", () => {}); // the face may leave while we write
    this.exited = once(this.child, "exit");
    this.#log = createInterface({ input: this.child.stderr });
    this.#log.on("line", (line) => this.#logged.push(line));
  }

  say(...messages: (object | string | Buffer)[]): void {
    for (const message of messages) {
      const raw = typeof message === "string" || Buffer.isBuffer(message);
      this.child.stdin.write(raw ? message : JSON.stringify(message));
      this.child.stdin.write("\n");
    }
  }

  async hear(): Promise<Answer> {
    this.#lines ??= createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The face closed its output; its log: ${this.#logged.join("\n")}`);
    return JSON.parse(value);
  }

  async ask(...messages: (object | string | Buffer)[]): Promise<Answer> {
    this.say(...messages);
    return this.hear();
  }

  /** Opens a conversation of the 2025 era. */
  async greet(): Promise<void> {
    await this.ask(initialize("hello", "2025-11-25"));
  }

  async logged(line: string): Promise<void> {
    while (!this.#logged.includes(line)) await once(this.#log, "line");
  }

  /** What the process has read so far from anywhere, in bytes. */
  bytesRead(): number {
    return Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${this.child.pid}/io`, "utf8"))?.[1]);
  }

  peakMib(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.exited;
  }
}

const request = (id: unknown, method: string, params?: object) => ({ jsonrpc: "2.0", id, method, ...(params && { params }) });
const ping = (id: unknown) => request(id, "ping");
const call = (id: unknown, name: string) => request(id, "tools/call", { name, arguments: {} });
const pong = (id: unknown) => ({ jsonrpc: "2.0", id, result: {} });
const failure = (id: unknown, code: number) => expect.objectContaining({ id, error: expect.objectContaining({ code }) });
const clientInfo = { name: "test", version: "1.0.0" };
const initialize = (id: unknown, protocolVersion: unknown) =>
  request(id, "initialize", { protocolVersion, capabilities: {}, clientInfo });
const modern = (id: unknown, method: string, version: unknown = "2026-07-28") =>
  request(id, method, {
    _meta: { [`${META}/protocolVersion`]: version, [`${META}/clientCapabilities`]: {}, [`${META}/clientInfo`]: clientInfo },
  });
const UNSUPPORTED = { code: -32_022, data: { supported: ["2026-07-28"], requested: "1900-01-01" } };

describe("a conversation of the 2025 era", () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });
  afterEach(() => host[Symbol.asyncDispose]());

  test("survives whatever a line holds and answers each as it deserves", async () => {
    const opening = await host.ask(
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(initialize(0, "2025-11-25")))]),
    );
    expect(opening).toMatchObject({ id: 0, result: { protocolVersion: "2025-11-25" } });
    const deep = `{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":{"name":"touch","arguments":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}}`;
    const cases: readonly (readonly [string | Buffer | object, unknown])[] = [
      [Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x01]), failure(null, -32_700)],
      ["\0\0\0", failure(null, -32_700)],
      ['{"jsonrpc":"2.0","id":1,"method":"ping"', failure(1, -32_700)],
      [`[${JSON.stringify(ping(1))}]`, failure(null, -32_600)],
      [{ jsonrpc: "2.0", id: 2 }, failure(2, -32_600)],
      [{ ...ping(3), extra: true }, failure(3, -32_600)],
      ['{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}', failure(8, -32_600)],
      [ping(1.5), failure(null, -32_600)],
      [ping(null), failure(null, -32_600)],
      [ping(true), failure(null, -32_600)],
      [ping({}), failure(null, -32_600)],
      [request(4, "ping", { _meta: "text" }), failure(4, -32_602)],
      [deep, failure("deep", -32_600)],
      [modern(5, "tools/list", "1900-01-01"), expect.objectContaining({ id: 5, error: expect.objectContaining(UNSUPPORTED) })],
      ['{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', pong("\ud800")],
      [`${JSON.stringify(ping(Number.MAX_SAFE_INTEGER))}\r`, pong(Number.MAX_SAFE_INTEGER)],
      [
        { ...call(6, "touch"), params: { name: "touch", arguments: { a: "\udfff\0" } } },
        expect.objectContaining({ id: 6, result: expect.anything() }),
      ],
    ];
    for (const [line, answer] of cases) {
      expect(await host.ask(line), JSON.stringify(line).slice(0, 100)).toEqual(answer);
      expect(await host.ask(ping("next"))).toEqual(pong("next"));
    }
  });

  test("refuses a second request of an id in flight and answers no cancelled one", async () => {
    await host.greet();
    expect(await host.ask(call(1, "hang"), call(1, "touch"))).toEqual(failure(1, -32_600));
    host.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    expect(await host.ask(ping(2))).toEqual(pong(2));
    host.child.stdin.end();
    await expect(host.hear()).rejects.toThrow("closed its output");
    expect(await host.exited).toEqual([0, null]);
  });

  test.each(["1999-01-01", "2099-01-01"])("counters an opening of version %s", async (version) => {
    expect(await host.ask(initialize(1, version))).toMatchObject({ id: 1, result: { protocolVersion: "2025-11-25" } });
  });

  test("answers an opening whose version is no text with an error, and serves the next", async () => {
    expect(await host.ask(initialize(1, 5))).toMatchObject({ id: 1, error: { code: expect.any(Number) } });
    expect(await host.ask(initialize(2, "2025-11-25"))).toMatchObject({ id: 2, result: { protocolVersion: "2025-11-25" } });
  });

  test("lets a line of 1 GB go by in little memory and answers the next", async () => {
    await host.greet();
    const before = host.peakMib();
    const chunk = Buffer.alloc(MIB, "a");
    for (let mib = 0; mib < 1_024; mib += 1) if (!host.child.stdin.write(chunk)) await once(host.child.stdin, "drain");
    expect(await host.ask("", ping(1))).toEqual(failure(null, -32_600));
    expect(await host.hear()).toEqual(pong(1));
    expect(host.peakMib() - before).toBeLessThan(128); // up to 71 of it are chunks a bare Node leaves uncollected as well
  });
});

describe("a conversation of the 2026 era", () => {
  test("checks the version of every request, not only of the first", async () => {
    await using host = new Host();
    expect(await host.ask(modern(1, "tools/list"))).toMatchObject({ id: 1, result: { tools: expect.any(Array) } });
    expect(await host.ask(modern(2, "tools/list", "1900-01-01"))).toMatchObject({ id: 2, error: UNSUPPORTED });
    expect(await host.ask(modern(3, "tools/list", 5))).toMatchObject({ id: 3, error: { code: -32_602 } });
    expect(await host.ask(request(4, "tools/list"))).toMatchObject({ id: 4, error: { code: -32_602 } });
    expect(await host.ask(initialize(5, "1900-01-01"))).toMatchObject({ id: 5, error: { code: -32_022 } });
    expect(await host.ask(modern(6, "tools/list"))).toMatchObject({ id: 6, result: { tools: expect.any(Array) } });
  });

  test("may begin with server/discover and go on with initialize", async () => {
    await using host = new Host();
    expect(await host.ask(modern(1, "server/discover"))).toMatchObject({ id: 1, result: { supportedVersions: ["2026-07-28"] } });
    expect(await host.ask(initialize(2, "2025-11-25"))).toMatchObject({ id: 2, result: { protocolVersion: "2025-11-25" } });
    expect(await host.ask(ping(3))).toEqual(pong(3));
  });

  test("ends an open subscription when it ends itself", async () => {
    await using host = new Host();
    host.say({
      ...modern(1, "subscriptions/listen"),
      params: { ...modern(1, "").params, notifications: { toolsListChanged: true } },
    });
    expect(await host.hear()).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
    host.child.stdin.end();
    expect(await host.hear()).toMatchObject({ id: 1, result: {} });
    expect(await host.exited).toEqual([0, null]);
  });
});

describe("the end", () => {
  test("an answer of 5 MB under way at SIGTERM arrives whole", async () => {
    await using host = new Host();
    await host.greet();
    host.child.stdout.pause();
    host.say(call(1, "big"));
    await host.logged("called big");
    host.child.kill("SIGTERM");
    host.child.stdout.resume();
    const answer = await host.hear();
    expect(JSON.stringify(answer.result).length).toBeGreaterThan(5_000_000);
    expect(await host.exited).toEqual([0, null]);
  });

  test("requests sent in one go before the end of input are all answered", async () => {
    await using host = new Host();
    host.say(initialize(0, "2025-11-25"), ...Array.from({ length: 500 }, (_, at) => ping(at + 1)), call(501, "big"));
    host.child.stdin.end();
    for (let id = 0; id <= 501; id += 1) expect((await host.hear()).id).toBe(id);
    expect(await host.exited).toEqual([0, null]);
  });

  test.each([
    ["a pipe", 'cat "$1" | "$2" --import tsx "$3"'],
    ["a file", '"$2" --import tsx "$3" < "$1"'],
  ])("requests that come from %s are all answered, however long they are", async (_where, line) => {
    const directory = mkdtempSync(join(tmpdir(), "sallyport-face-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "requests");
    const calls = Array.from({ length: 40 }, (_, index) =>
      request(index + 1, "tools/call", { name: "touch", arguments: { text: "\u00fc".repeat(index * 1_500) } }),
    );
    const requests = [initialize(0, "2025-11-25"), ...calls];
    writeFileSync(file, requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    const { stdout } = await promisify(execFile)("sh", ["-c", line, "sh", file, process.execPath, FACE]);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((answer): Answer => JSON.parse(answer));
    const answered = answers.filter(({ result }) => result).map(({ id }) => Number(id));
    expect(answered.sort((one, other) => one - other)).toEqual(requests.map(({ id }) => id));
  });

  test("end of input with a call that never ends: the call fails, what stands behind is released", async () => {
    await using host = new Host({ DRAIN_MS: "200" });
    await host.greet();
    host.say(call(1, "hang"));
    host.child.stdin.end();
    expect(await host.hear()).toEqual(failure(1, -32_603));
    await host.logged("draining");
    expect(await host.exited).toEqual([0, null]);
  });

  test("a host that closes our output is no crash", async () => {
    await using host = new Host();
    await host.greet();
    host.say(call(1, "hang"));
    host.child.stdout.destroy();
    host.say(ping(2));
    await host.logged("draining");
    expect(await host.exited).toEqual([0, null]);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("a second signal, %s, ends at once with %i", async (signal, code) => {
    await using host = new Host({ DRAIN_MS: "600000", STUCK_DRAIN: "yes" });
    await host.greet();
    host.child.kill("SIGHUP");
    await host.logged("draining");
    host.child.kill(signal);
    expect(await host.exited).toEqual([code, null]);
  });

  test("a host that never reads is not read from for ever, and its end is noticed", async () => {
    await using host = new Host({ DRAIN_MS: "200" });
    const { stdin, stdout } = host.child;
    await host.greet();
    stdout.pause();
    const memory = host.peakMib();
    const start = host.bytesRead();
    const pings = Array.from({ length: 300_000 }, (_, id) => `${JSON.stringify(ping(id + 1))}\n`).join("");
    stdin.write(pings);
    await vi.waitUntil(() => host.bytesRead() > start + MIB, { timeout: 20_000 });
    let last = 0;
    const hardlyReads = () => {
      const before = last;
      last = host.bytesRead();
      return last - before < 300_000; // once a second it looks a little further for our end
    };
    await vi.waitUntil(hardlyReads, { timeout: 20_000, interval: 500 });
    expect(last - start).toBeLessThan(pings.length / 2);
    expect(host.peakMib() - memory).toBeLessThan(128);
    stdin.destroy();
    await host.logged("draining");
    expect(await host.exited).toEqual([0, null]);
  });
});
