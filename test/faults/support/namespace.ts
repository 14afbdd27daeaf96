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

let namespaces = 0;

/** The two addresses of a network of its own out of 10.213.0.0/16; those of 256 processes with 64 each do not meet. */
function addressesOf(number: number): readonly [ours: string, theirs: string] {
  const base = (number % 64) * 4;
  const net = `10.213.${process.pid % 256}`;
  return [`${net}.${base + 1}`, `${net}.${base + 2}`];
}

/** Makes a namespace with a network of its own, and starts the server in it. */
export async function openNamespace(): Promise<Namespace> {
  namespaces += 1;
  const name = `sp-fault-${process.pid}-${namespaces}`;
  const [ours, theirs] = [`a${process.pid}n${namespaces}`, `b${process.pid}n${namespaces}`];
  const [ourAddress, address] = addressesOf(namespaces);
  const inside = (...words: string[]) => run("ip", ["netns", "exec", name, ...words]);
  const close = async (server?: ChildProcess) => {
    server?.kill("SIGKILL");
    await run("ip", ["netns", "del", name]).catch(() => undefined); // its end of the cable goes with it
    await run("ip", ["link", "del", ours]).catch(() => undefined);
  };
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name]);
    await run("ip", ["addr", "add", `${ourAddress}/30`, "dev", ours]);
    await run("ip", ["link", "set", ours, "up"]);
    await inside("ip", "addr", "add", `${address}/30`, "dev", theirs);
    for (const device of [theirs, "lo"]) await inside("ip", "link", "set", device, "up");
    await inside("iptables", "-L", "-n");
    const server = spawn("ip", ["netns", "exec", name, process.execPath, SERVER, address], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const port = (await lines.next()).value;
    return {
      url: `http://${address}:${port}/mcp`,
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
  const refused = await openNamespace().then(
    (namespace) => namespace[Symbol.asyncDispose]().then(() => undefined),
    (error: unknown) => error,
  );
  if (refused === undefined) return void describe(name, body);
  if (!process.env["CI"]) return void describe.skip(`${name} (skipped: this machine allows no network namespace)`, body);
  test(name, () => {
    throw new Error("CI must run the suites with a network of their own", { cause: refused });
  });
}
