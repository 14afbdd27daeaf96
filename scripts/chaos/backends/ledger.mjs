// @ts-check
// What both ledger backends share: three tools, a ledger of what they have run, and orders from backstage. Plain JavaScript,
// so that bare Node starts it.
import { openSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { answer } from "../../bench/backends/answer.mjs";

const { LEDGER_NAME = "", LEDGER_FILE = "", LEDGER_BACKSTAGE = "" } = process.env;
const TEXT = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const TOOLS = [
  { name: "append", description: "Adds a line to the ledger", inputSchema: TEXT, annotations: { readOnlyHint: false } },
  { name: "read", description: "Reads a line of the ledger", inputSchema: TEXT, annotations: { readOnlyHint: true } },
  { name: "slow", description: "Adds a line to the ledger and takes its time", inputSchema: TEXT },
];
const ledger = openSync(LEDGER_FILE, "a");
let executions = 0;

/**
 * How this backend is to behave until the order runs out.
 * @type {{ kind: string, until: number }}
 */
let order = { kind: "well", until: Number.POSITIVE_INFINITY };

/** What backstage asks of this backend now. */
export const behaviour = () => (performance.now() < order.until ? order.kind : "well");

/** How long that lasts, in ms. */
export const behaviourMs = () => Math.max(0, order.until - performance.now());

/**
 * Writes an execution down before anybody can hear of it: one write on an append-only file survives a SIGKILL.
 * @param {{ method?: string, params?: Record<string, any> }} message
 */
export function execute({ method, params }) {
  if (method !== "tools/call") return;
  executions += 1;
  writeSync(ledger, `${params?.["arguments"]?.text} ${params?.["name"]} ${LEDGER_NAME} ${process.pid}.${executions}\n`);
}

/**
 * The answer of a backend that behaves; runs nothing. A call is answered with its own text.
 * @param {{ id?: string | number, method?: string, params?: Record<string, any> }} message
 * @returns {Record<string, any> | undefined}
 */
export function replyTo(message) {
  /** @type {Record<string, any> | undefined} */
  const reply = answer(message);
  if (reply && message.method === "tools/list") reply["result"].tools = TOOLS;
  return reply;
}

/** @param {{ method?: string, params?: Record<string, any> }} message */
export const isSlow = ({ method, params }) => method === "tools/call" && params?.["name"] === "slow";

/**
 * Reports for duty and takes orders until backstage is gone, which ends this process too.
 * @param {() => void} forgetSessions
 */
export function obeyBackstage(forgetSessions) {
  const line = connect(LEDGER_BACKSTAGE);
  line.write(`${JSON.stringify({ name: LEDGER_NAME, pid: process.pid })}\n`);
  let rest = "";
  line.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) {
      const { kind, forMs } = JSON.parse(each);
      if (kind === "forget_sessions") forgetSessions();
      else order = { kind, until: performance.now() + forMs };
    }
  });
  line.on("error", () => process.exit(0)).on("close", () => process.exit(0));
}
