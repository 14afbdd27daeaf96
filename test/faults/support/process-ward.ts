import { expect } from "vitest";
import { isJsonObject, type JsonObject } from "../../../src/model/json.ts";
import { childrenOf } from "../../support/child-processes.ts";
import { createGatewayHome, type GatewayHome } from "../../support/gateway-home.ts";
import { GatewayProcess, resultOf } from "../../support/gateway-process.ts";
import { dataOf, objectOf } from "../../support/tool-answers.ts";
import type { Entries } from "./bench.ts";
import { type LedgerChild, makeLedgerChild, untilTaken } from "./ledger-child.ts";
import type { Level } from "./levels.ts";

/** The built gateway as a process, with a patient and a neighbour that are real children and keep ledgers. */
export interface ProcessWard extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly home: GatewayHome;
  readonly patient: LedgerChild;
  readonly neighbour: LedgerChild;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly entries?: Entries;
  /** A shell command that sets something up and then becomes the gateway: `ulimit -n 64; exec "$@"`. */
  readonly shell?: string;
}

export async function openProcessWard({ env = {}, entries = {}, shell }: ProcessOptions = {}): Promise<ProcessWard> {
  const [patient, neighbour] = [await makeLedgerChild(), await makeLedgerChild()];
  const own = await createGatewayHome({ mcpServers: { patient: patient.entry, neighbour: neighbour.entry, ...entries } }, env);
  const home = shell === undefined ? own : { ...own, command: "bash", args: ["-c", shell, "_", own.command, ...own.args] };
  const gateway = GatewayProcess.join(home);
  await gateway.initialize();
  return {
    gateway,
    home,
    patient,
    neighbour,
    async [Symbol.asyncDispose]() {
      gateway.child.stdout.resume();
      await gateway[Symbol.asyncDispose]();
      for (const owned of [own, patient, neighbour]) await owned[Symbol.asyncDispose]();
    },
  };
}

let keys = 0;

/** One call of a tool, and the whole answer to it. */
export interface Asked {
  readonly key: string;
  readonly answer: Promise<JsonObject>;
}

/** Calls a tool through the gateway's stdin. */
export function ask(gateway: GatewayProcess, tool: string): Asked {
  keys += 1;
  const key = `p${keys}`;
  return { key, answer: gateway.request("tools/call", { name: "invoke", arguments: { tool, arguments: { key } } }) };
}

/** The text or the error code of an answer. */
export async function said({ answer }: Asked): Promise<string> {
  const whole = await answer;
  if (isJsonObject(whole["error"])) return `rpc ${String(whole["error"]["code"])}`;
  const result = resultOf(whole);
  if (result["isError"] !== true) return "done";
  return String(objectOf(dataOf(result)["error"])["code"]);
}

/** Calls that the patient holds; none at level 0, when it has only been started. */
export async function holdCalls({ gateway, patient }: ProcessWard, level: Level): Promise<readonly Asked[]> {
  expect(await said(ask(gateway, "patient/write"))).toBe("done");
  await patient.behave("hold");
  const asked = Array.from({ length: level }, () => ask(gateway, "patient/write"));
  await untilTaken(patient, 1 + Math.min(level, 32));
  return asked;
}

/** Lets the patient answer what it holds, and everything after. */
export async function release({ gateway, patient }: ProcessWard): Promise<void> {
  await patient.behave("answer");
  const [pid] = childrenOf(gateway.child.pid);
  if (pid !== undefined) process.kill(pid, "SIGUSR2");
}

/** One answer for each request and none for anything else; nothing run twice, and nothing on stdout that is no message. */
export async function expectExact({ gateway, patient }: ProcessWard, asked: readonly Asked[]): Promise<void> {
  await Promise.all(asked.map(({ answer }) => answer));
  expect(gateway.notifications.filter((message) => "id" in message)).toEqual([]);
  expect(gateway.strayLines).toEqual([]);
  const { ledger } = patient;
  expect(new Set(ledger).size, "each call ran once at most").toBe(ledger.length);
}
