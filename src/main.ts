import { setMaxListeners } from "node:events";
import { isatty } from "node:tty";
import { runServe } from "./faces/mcp/run-serve.ts";
import { readServeRequest } from "./faces/serve-request.ts";

// stdout belongs to the protocol: whatever a library prints goes to stderr
for (const print of ["log", "info", "debug"] as const) {
  // biome-ignore lint/suspicious/noConsole: this is the redirect that keeps the console off stdout
  console[print] = console.error;
}

// a question to many servers listens on one signal for each of them; that is no leak to warn people of
setMaxListeners(0);

const argv = process.argv.slice(2);
const request = readServeRequest(argv, isatty(0));
const run = request ? runServe(request) : import("./faces/cli/index.ts").then(({ runCli }) => runCli(argv));
run.then(
  (code) => process.exit(code),
  (reason: unknown) => {
    process.stderr.write(`${reason instanceof Error ? reason.stack : String(reason)}\n`);
    process.exit(1);
  },
);
