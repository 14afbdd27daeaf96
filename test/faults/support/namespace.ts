import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, test } from "vitest";

const run = promisify(execFile);
const SERVER = fileURLToPath(new URL("../../fixtures/backends/ledger-http.mjs", import.meta.url));

/** A network of its own with one server in it, on the other end of a cable that rules can disturb. */
export interface Namespace extends AsyncDisposable {
  readonly url: string;
  /** Adds a rule to what comes in there: `-p tcp -j DROP`. */
  rule(words: string): Promise<void>;
  /** Removes every rule. */
  clear(): Promise<void>;
  /** Pulls the cable out, or puts it back. */
  cable(state: "down" | "up"): Promise<void>;
  /** The keys of the calls the server ran. */
  ledger(): Promise<readonly string[]>;
}

/** Makes a namespace with a free network of its own out of 10.213.0.0/16, and starts the server in it. */
export async function openNamespace(number: number): Promise<Namespace> {
  const name = `sp-fault-${process.pid}-${number}`;
  const [ours, theirs] = [`spf${process.pid % 10_000}${number}a`, `spf${process.pid % 10_000}${number}b`];
  const net = `10.213.${(process.pid + number) % 250}`;
  const inside = (...words: string[]) => run("ip", ["netns", "exec", name, ...words]);
  const close = async (server?: ChildProcess) => {
    server?.kill("SIGKILL");
    await run("ip", ["netns", "del", name]).catch(() => undefined); // its end of the cable goes with it
    await run("ip", ["link", "del", ours]).catch(() => undefined);
  };
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name]);
    await run("ip", ["addr", "add", `${net}.1/24`, "dev", ours]);
    await run("ip", ["link", "set", ours, "up"]);
    await inside("ip", "addr", "add", `${net}.2/24`, "dev", theirs);
    for (const device of [theirs, "lo"]) await inside("ip", "link", "set", device, "up");
    await inside("iptables", "-L", "-n");
    const server = spawn("ip", ["netns", "exec", name, process.execPath, SERVER, `${net}.2`], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const port = (await lines.next()).value;
    return {
      url: `http://${net}.2:${port}/mcp`,
      rule: async (words) => void (await inside("iptables", "-I", "INPUT", ...words.split(" "))),
      clear: async () => void (await inside("iptables", "-F")),
      cable: async (state) => void (await run("ip", ["link", "set", ours, state])),
      async ledger() {
        server.stdin.write("ledger\n");
        return JSON.parse(String((await lines.next()).value));
      },
      [Symbol.asyncDispose]: () => close(server),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A suite that needs a network of its own: it is skipped by name where the machine does not allow one, and fails in CI. */
export async function describeWithNamespace(name: string, body: () => void): Promise<void> {
  const refused = await openNamespace(0).then(
    (namespace) => namespace[Symbol.asyncDispose]().then(() => undefined),
    (error: unknown) => error,
  );
  if (refused === undefined) return void describe(name, body);
  if (!process.env["CI"]) return void describe.skip(`${name} (skipped: this machine allows no network namespace)`, body);
  test(name, () => {
    throw new Error("CI must run the suites with a network of their own", { cause: refused });
  });
}
