import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const SUITE = "@modelcontextprotocol/conformance";
const VERSION = "0.2.0-alpha.12";
const INSPECTOR = "@modelcontextprotocol/inspector";
const INSPECTOR_VERSION = "2.12.0";
/** The suite needs a newer Node than Sallyport does, so it brings its own. */
const NODE_MAJOR = "22";
const PLATFORMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", win32: "win" };

const run = promisify(execFile);

/** The installed conformance suite and Inspector: which Node runs them, and their entry files. */
export interface Suite {
  readonly node: string;
  readonly entry: string;
  /** The entry file of the MCP Inspector. */
  readonly inspector: string;
}

/** Finds the suite in the cache folder; installs it there, with its Node, when it is missing. */
export async function installSuite(): Promise<Suite> {
  const dir = join(cacheDir(), "sallyport-conformance", `${VERSION}-inspector-${INSPECTOR_VERSION}`);
  const nodePackage = `node-${platform()}-${process.arch}`;
  const binary = process.platform === "win32" ? "node.exe" : "node";
  const suite = {
    node: join(dir, "node_modules", nodePackage, "bin", binary),
    entry: join(dir, "node_modules", SUITE, "dist", "index.js"),
    inspector: join(dir, "node_modules", INSPECTOR, "clients", "launcher", "build", "index.js"),
  };
  if (Object.values(suite).every((file) => existsSync(file))) return suite;
  console.log(`Installing ${SUITE}@${VERSION}, ${INSPECTOR}@${INSPECTOR_VERSION} and Node ${NODE_MAJOR} into ${dir}`);
  await mkdir(dir, { recursive: true });
  const packages = [`${SUITE}@${VERSION}`, `${INSPECTOR}@${INSPECTOR_VERSION}`, `${nodePackage}@${NODE_MAJOR}`];
  const settings = ["--no-audit", "--no-fund", "--ignore-scripts"];
  await run("npm", ["install", "--prefix", dir, ...settings, ...packages], { shell: process.platform === "win32" });
  return suite;
}

function platform(): string {
  const name = PLATFORMS[process.platform];
  if (name && ["x64", "arm64"].includes(process.arch)) return name;
  throw new Error(
    `Cannot run the conformance suite: there is no Node ${NODE_MAJOR} package for ${process.platform}-${process.arch}; ` +
      "expected linux, darwin or win32 on x64 or arm64",
  );
}

function cacheDir(): string {
  const named = process.env["XDG_CACHE_HOME"];
  if (named) return named;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches");
  if (process.platform === "win32") return process.env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local");
  return join(homedir(), ".cache");
}
