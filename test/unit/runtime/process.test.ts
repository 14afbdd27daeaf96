import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Endpoint, Workload } from "../../../src/model/ports.ts";
import { LocalPorts } from "../../../src/runtime/free-port.ts";
import { ProcessDriver } from "../../../src/runtime/process.ts";
import { processKind } from "../../../src/runtime/process-options.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { requestFor, specOf } from "../../conformance/launch.ts";
import { testRuntimeDriver } from "../../conformance/runtime-driver.ts";
import { GraceClock } from "./grace-clock.ts";
import { leftoversOf, MARK, membersOf, newMark } from "./process-table.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/backends/${name}.mjs`, import.meta.url));
const node = (name: string, more: JsonObject = {}): JsonObject => ({ command: process.execPath, args: [fixture(name)], ...more });
const inline = (script: string, ...args: string[]): JsonObject => ({ command: process.execPath, args: ["-e", script, ...args] });

const start = (fields: JsonObject, driver = new ProcessDriver(systemClock)): Promise<Workload> =>
  driver.launch(requestFor(specOf(processKind, fields)));
const pidOf = (workload: Workload): number => Number(workload.facts["pid"]);

function pipesOf(endpoint: Endpoint): Extract<Endpoint, { kind: "stdio" }> {
  if (endpoint.kind !== "stdio") throw new Error("expected pipes");
  return endpoint;
}

function urlOf(endpoint: Endpoint): string {
  if (endpoint.kind !== "http") throw new Error("expected an address");
  return endpoint.url;
}

/** Lets our loop stand still until a child is dead, so that its end and its last words are seen in the same turn. */
const untilZombie = (pid: number) =>
  spawnSync("sh", ["-c", "until grep -q ') Z ' /proc/$0/stat; do sleep 0.01; done", String(pid)]);

const mark = newMark();
testRuntimeDriver("process", () => new ProcessDriver(systemClock), {
  lasting: () => specOf(processKind, node("echo-stdio", { env: { [MARK]: mark } })),
  logging: { spec: () => specOf(processKind, inline('console.error("here I am"); process.stdin.resume()')), line: "here I am" },
  kill: (workload) => {
    process.kill(pidOf(workload), "SIGKILL");
  },
  leftovers: () => leftoversOf(mark),
});

describe("starting a child", () => {
  test("its pipes are the endpoint", async () => {
    await using workload = await start(node("echo-stdio"));
    const { input, output } = pipesOf(workload.endpoint);
    input.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    const [line] = await once(createInterface({ input: output }), "line");
    expect(JSON.parse(String(line))).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });

  test("arguments reach it as they are, since no shell reads them", async () => {
    const args = ["$(echo no)", "a b", "; exit 9", "'\"", "*", ""];
    await using workload = await start(inline("process.stdout.write(JSON.stringify(process.argv.slice(1)))", ...args));
    expect(JSON.parse(await text(pipesOf(workload.endpoint).output))).toEqual(args);
  });

  test("it inherits a few variables of ours and gets its own on top", async () => {
    const ours = { PATH: process.env["PATH"], HOME: "/home/me", LC_ALL: "C", XDG_DATA_HOME: "/x", BASH_FUNC: "() { :; }" };
    const secrets = { AWS_SECRET: "s", NODE_OPTIONS: "--no-such-option", HTTPS_PROXY: "http://u:p@h", SSH_AUTH_SOCK: "/s" };
    const driver = new ProcessDriver(systemClock, { ...ours, ...secrets, LANG: "() { :; }" });
    const print = "process.stdout.write(Object.keys(process.env).sort().join())";
    await using workload = await start({ ...inline(print), env: { TOKEN: "t", HOME: "/other" } }, driver);
    expect(await text(pipesOf(workload.endpoint).output)).toBe("HOME,LC_ALL,PATH,TOKEN,XDG_DATA_HOME");
  });

  test("it runs in the directory of the registry, or in one relative to it", async () => {
    const print = inline("process.stdout.write(process.cwd())");
    for (const [cwd, expected] of [
      [undefined, "/usr"],
      ["lib", "/usr/lib"],
      ["/", "/"],
    ]) {
      await using workload = await new ProcessDriver(systemClock).launch(
        requestFor(specOf(processKind, { ...print, ...(cwd && { cwd }) }, "/usr")),
      );
      expect(await text(pipesOf(workload.endpoint).output)).toBe(expected);
    }
  });

  test("what cannot be started says why and what to do", async () => {
    const dir = await mkdtemp(join(tmpdir(), "sallyport-process-"));
    const [plain, noInterpreter] = [join(dir, "plain.txt"), join(dir, "script")];
    await writeFile(plain, "text");
    await writeFile(noInterpreter, "#!/no/such/interpreter\n");
    await chmod(noInterpreter, 0o755);
    const failures: [JsonObject, RegExp, RegExp][] = [
      [{ command: "no-such-command" }, /"no-such-command" is not on PATH$/, /Install no-such-command/],
      [{ command: join(dir, "absent") }, /there is no file ".*absent"/, /Correct "command"/],
      [{ command: noInterpreter }, /its interpreter is missing$/, /Correct "command"/],
      [{ command: plain }, /plain\.txt" is not an executable file$/, /chmod \+x/],
      [{ command: dir }, /is not an executable file$/, /chmod \+x/],
      [{ command: "node", cwd: join(dir, "absent") }, /working directory ".*absent" is not a directory$/, /Create the directory/],
      [{ command: "node", cwd: plain }, /working directory ".*plain\.txt" is not a directory$/, /correct "cwd"/],
      [{ command: "node", args: ["a\0b"] }, /contains a null character$/, /Correct "args"/],
      [{ command: "node", args: ["x".repeat(4e6)] }, /longer than the system allows$/, /Shorten "args"/],
    ];
    for (const [fields, message, hint] of failures) {
      const failure = {
        code: "start_failed",
        backend: "backend",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      };
      await expect(start(fields)).rejects.toMatchObject(failure);
    }
    await rm(dir, { recursive: true });
  });

  test("a child that gives up at once leaves its reason in the log, also without a newline", async () => {
    const workload = await start(node("crash-at-start"));
    untilZombie(pidOf(workload));
    expect(await workload.exited).toEqual({ code: 3, signal: null, reason: "exited with code 3" });
    expect(workload.logTail()).toEqual(["Reading configuration", "Error: the database is not there"]);
  });
});

describe("stopping a child", () => {
  test("the end of its input is enough for one that behaves", async () => {
    const workload = await start(node("echo-stdio"), new ProcessDriver(new GraceClock()));
    await workload[Symbol.asyncDispose]();
    expect(await workload.exited).toEqual({ code: 0, signal: null, reason: "exited with code 0" });
  });

  test("one that ignores the end of input and SIGTERM is killed", async () => {
    const clock = new GraceClock();
    const workload = await start(node("stubborn"), new ProcessDriver(clock));
    await expect.poll(() => workload.logTail()).toContain("ready");
    const gone = workload[Symbol.asyncDispose]();
    await expect.poll(() => workload.logTail()).toContain("ignored the end of input");
    expect(workload.logTail()).not.toContain("ignored SIGTERM");
    clock.expire();
    await expect.poll(() => workload.logTail()).toContain("ignored SIGTERM");
    clock.expire();
    await gone;
    expect(await workload.exited).toEqual({ code: null, signal: "SIGKILL", reason: "killed by SIGKILL" });
    expect(membersOf(pidOf(workload))).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  test("one that is stopped by SIGSTOP is killed too", async () => {
    const clock = new GraceClock();
    const workload = await start(node("echo-stdio"), new ProcessDriver(clock));
    process.kill(pidOf(workload), "SIGSTOP");
    const gone = workload[Symbol.asyncDispose]();
    await expect.poll(() => clock.waiting).toBe(1);
    clock.expire();
    await expect.poll(() => clock.waiting).toBe(1);
    clock.expire();
    await gone;
    expect(membersOf(pidOf(workload))).toEqual([]);
  });

  test("one that is still writing when nobody reads can leave", async () => {
    const flood = 'process.stdin.resume().on("end", () => process.stdout.write("x".repeat(5e6) + "\\n", () => process.exit(0)))';
    const workload = await start(inline(flood), new ProcessDriver(new GraceClock()));
    await workload[Symbol.asyncDispose]();
    expect((await workload.exited).code).toBe(0);
  });

  test("grandchildren go with it", async () => {
    const clock = new GraceClock();
    const workload = await start(node("grandchild"), new ProcessDriver(clock));
    await expect.poll(() => workload.logTail()).toContain("ready");
    expect(membersOf(pidOf(workload))).toHaveLength(2);
    const gone = workload[Symbol.asyncDispose]();
    await expect.poll(() => clock.waiting).toBe(1);
    clock.expire(); // SIGTERM ends the launcher, not its child
    await gone;
    expect(membersOf(pidOf(workload))).toEqual([]);
  });

  test("grandchildren that outlive a launcher are killed, so that its pipes end", async () => {
    const workload = await start(node("grandchild", { env: { LAUNCHER: "leaves" } }));
    await expect.poll(() => workload.logTail()).toContain("ready");
    const { input, output } = pipesOf(workload.endpoint);
    input.write("leave\n");
    await Promise.all([once(output.resume(), "end"), workload.exited]);
    expect((await workload.exited).code).toBe(5);
    expect(membersOf(pidOf(workload))).toEqual([]);
  });

  test("a descendant that left the group cannot hold up the end by keeping the pipes", async () => {
    const script = `const { spawn } = require("child_process");
      console.error(spawn("sleep", ["1000"], { detached: true, stdio: "inherit" }).pid);
      process.exit(0);`;
    const workload = await start(inline(script));
    expect((await workload.exited).code).toBe(0);
    const { output } = pipesOf(workload.endpoint);
    expect(output.destroyed).toBe(true);
    process.kill(Number(workload.logTail()[0]), "SIGKILL");
  });

  test("writing to one that is gone breaks nothing", async () => {
    const workload = await start(inline("process.stdin.destroy(); setInterval(() => {}, 1e6)"));
    const { input } = pipesOf(workload.endpoint);
    process.kill(pidOf(workload), "SIGKILL");
    for (let line = 0; line < 100; line += 1) input.write("x".repeat(10_000));
    await workload.exited;
    input.write("late");
    await workload[Symbol.asyncDispose]();
    expect(input.destroyed).toBe(true);
  });

  test("an uncaught exception of ours takes the children along", async () => {
    const script = fileURLToPath(new URL("abandon-children.ts", import.meta.url));
    const ours = spawn(process.execPath, ["--import", "tsx", script, fixture("grandchild")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [[code], pid, trouble] = await Promise.all([once(ours, "exit"), text(ours.stdout), text(ours.stderr)]);
    expect(trouble).toContain("abandoned on purpose");
    expect(code).toBe(1);
    expect(Number(pid)).toBeGreaterThan(1);
    const left = () => membersOf(Number(pid));
    await expect
      .poll(left)
      .toEqual([])
      .finally(() => left().length > 0 && process.kill(-Number(pid), "SIGKILL"));
  });
});

describe("a child that serves HTTP", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the driver fills this in
  const port = "${PORT}";
  const served = (more: JsonObject = {}): JsonObject => ({
    command: process.execPath,
    args: [fixture("environment-http"), port, `--port=${port}`],
    env: { PORT_COPY: `p${port}` },
    transport: "http",
    ...more,
  });
  const askAt = async (workload: Workload): Promise<JsonObject> => {
    await expect.poll(() => workload.logTail()).toContain("listening");
    return (await fetch(urlOf(workload.endpoint))).json() as Promise<JsonObject>;
  };

  test("it gets a free port, in arguments and variables and as PORT, and is reached there", async () => {
    await using workload = await start(served({ path: "/tools", headers: { Authorization: "Bearer x" } }));
    const chosen = String(workload.facts["port"]);
    expect(workload.endpoint).toEqual({
      kind: "http",
      url: `http://localhost:${chosen}/tools`,
      headers: { Authorization: "Bearer x" },
    });
    expect(await askAt(workload)).toMatchObject({ args: [chosen, `--port=${chosen}`], PORT: chosen, PORT_COPY: `p${chosen}` });
    expect(workload.warmsUp).toBe(true);
  });

  test("children started at once get different ports", async () => {
    const driver = new ProcessDriver(systemClock);
    const workloads = await Promise.all(Array.from({ length: 5 }, () => start(served(), driver)));
    expect(new Set(workloads.map((workload) => workload.facts["port"])).size).toBe(5);
    await Promise.all(workloads.map((workload) => workload[Symbol.asyncDispose]()));
  });

  test("a fixed port that a stranger holds fails the start, and works once it is free", async () => {
    const stranger = createServer().listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const address = stranger.address();
    const taken = typeof address === "object" && address ? address.port : 0;
    const driver = new ProcessDriver(systemClock);
    await expect(start(served({ port: taken }), driver)).rejects.toMatchObject({
      code: "start_failed",
      message: `Port ${taken} on localhost is already in use`,
    });
    stranger.close();
    await once(stranger, "close");
    for (let round = 0; round < 2; round += 1) {
      await using workload = await start(served({ port: taken }), driver);
      expect((await askAt(workload))["PORT"]).toBe(String(taken));
    }
  });

  test.each([
    ["was chosen for it", false],
    ["is the entry's own", true],
  ])("that finds its port taken says so where the port %s", async (_, fixed) => {
    const twice =
      'const { createServer } = require("net"); for (const _ of "ab") createServer().listen(process.env.PORT, "127.0.0.1")';
    const own = fixed ? { port: await new LocalPorts().claim(undefined) } : {};
    await using workload = await start({ ...inline(twice), transport: "http", ...own });
    expect(await workload.exited).toMatchObject({ code: 1 });
    expect(workload.lostItsPort?.()).toBe(!fixed);
  });

  test("that ends for another reason has not lost its port", async () => {
    await using workload = await start({ ...inline('console.error("no database"); process.exit(1)'), transport: "http" });
    await workload.exited;
    expect(workload.lostItsPort?.()).toBe(false);
  });

  test("it is asked to leave by SIGTERM at once", async () => {
    const workload = await start(served(), new ProcessDriver(new GraceClock()));
    await workload[Symbol.asyncDispose]();
    expect((await workload.exited).reason).toBe("killed by SIGTERM");
  });
});
