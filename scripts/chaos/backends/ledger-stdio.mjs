// @ts-check
// The ledger over stdin and stdout, with every way of failing that backstage may ask for.
import { behaviour, behaviourMs, execute, isSlow, obeyBackstage, replyTo } from "./ledger.mjs";

const SLOW_MS = 120;

/** @typedef {{ id?: string | number, method?: string, params?: Record<string, any> }} Message */

/** @type {Record<string, (message: Message) => void>} */
const MISDEEDS = {
  exit: (message) => {
    execute(message);
    process.exit(3);
  },
  noise: (message) => {
    execute(message);
    process.stdout.write('Listening on {"port"\n\u0000\u0001 {}\n[]\n');
    respond(message);
  },
  garbage: (message) => {
    execute(message);
    process.stdout.write(`{"jsonrpc":"2.0","result":[1,2,"id":${JSON.stringify(message.id)}}\n`);
  },
  wrong_id: (message) => {
    execute(message);
    write({ ...replyTo(message), id: `not-${message.id}` });
  },
  rpc_error: (message) => {
    execute(message);
    write({ jsonrpc: "2.0", id: message.id, error: { code: -32603, message: "It broke at the end" } });
  },
  twice: (message) => {
    execute(message);
    respond(message);
    respond(message);
  },
  late: (message) => {
    execute(message);
    setTimeout(() => respond(message), behaviourMs());
  },
  hang: (message) => execute(message),
};

/** @param {object | undefined} message */
const write = (message) => message && process.stdout.write(`${JSON.stringify(message)}\n`);

/** @param {Message} message */
const respond = (message) => write(replyTo(message));

/** @param {Message} message */
function serve(message) {
  const misdeed = message.id === undefined ? undefined : MISDEEDS[behaviour()];
  if (misdeed) return misdeed(message);
  execute(message);
  if (isSlow(message)) setTimeout(() => respond(message), SLOW_MS);
  else respond(message);
}

let rest = "";
process.stdin.setEncoding("utf8").on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) if (line) serve(JSON.parse(line));
});
process.stdin.on("end", () => process.exit(0));
obeyBackstage(() => undefined);
