import type { RpcErrorObject } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { Signal } from "./signal.ts";

/** What a server asks of a host, by method, and the capability the host needs for it. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["elicitation/create", "elicitation"],
  ["sampling/createMessage", "sampling"],
  ["roots/list", "roots"],
]);
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;

/** A request of a server to its host, in the middle of a call or beside it. */
export interface Question {
  readonly method: string;
  readonly params: JsonObject;
}

/** What came of a question: the host's result as it came, or why there is none. */
export type HostAnswer = { readonly result: JsonObject } | { readonly error: RpcErrorObject };

/** Asks the host and waits for its answer; never rejects. The question is taken back when the signal aborts. */
export type AskHost = (question: Question, signal: Signal) => Promise<HostAnswer>;

/** Levels of log lines, least severe first. */
export const LOG_LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where the log lines of a server go, of this level and above. */
export interface HostLog {
  readonly level: LogLevel;
  readonly tell: (line: JsonObject) => void;
}

/** What a connection hears of its host. */
export interface HostListener {
  readonly logLevelChanged: (level: LogLevel) => void;
  readonly rootsChanged: () => void;
}

/** The one host of this gateway, as the connections to backends see it. */
export interface Host {
  /** What it can be asked: those of elicitation, sampling and roots that it declared, as it declared them. */
  readonly capabilities: JsonObject;
  /** Asks outside of any call; undefined for hosts that are asked only by the answer to a call. */
  readonly ask: AskHost | undefined;
  /** Takes word that what it was asked at some address has been dealt with there; undefined for hosts that hear no such thing. */
  readonly elicited: ((params: JsonObject) => void) | undefined;
  /** Takes log lines outside of any call; undefined as long as it asked for none. */
  readonly log: HostLog | undefined;
  follow(listener: HostListener): Disposable;
}

/** Nobody to ask, nobody to tell. */
export const NO_HOST: Host = {
  capabilities: {},
  ask: undefined,
  elicited: undefined,
  log: undefined,
  follow: () => ({ [Symbol.dispose]: () => undefined }),
};

export const isQuestionMethod = (method: string): boolean => NEEDED.has(method);

const NOTHING: JsonObject = Object.freeze({});

/** What of a host's capabilities is passed on to backends: a gateway cannot relay tasks or extensions. Nothing is always the same object. */
export function relayedCapabilities(capabilities: JsonObject): JsonObject {
  let relayed: Record<string, unknown> | undefined;
  for (const name of NEEDED.values()) {
    if (!isJsonObject(capabilities[name])) continue;
    relayed ??= {};
    relayed[name] = capabilities[name];
  }
  return relayed ?? NOTHING;
}

/** Why a host with these capabilities cannot be asked this; undefined if it can. */
export function refusalOf({ method, params }: Question, capabilities: JsonObject): RpcErrorObject | undefined {
  const name = NEEDED.get(method) ?? method;
  const declared = capabilities[name];
  if (!isJsonObject(declared))
    return { code: METHOD_NOT_FOUND, message: `Method ${method} is not available: the host did not declare ${name}` };
  const part = partOf(method, params);
  if (part === undefined || isJsonObject(declared[part]) || (part === "form" && declared["url"] === undefined)) return;
  return { code: INVALID_PARAMS, message: `The host declared ${name}, but not ${name}.${part}` };
}

/** The part of its capability that a question needs; before there were parts, `elicitation` meant `form`. */
function partOf(method: string, params: JsonObject): string | undefined {
  if (method === "elicitation/create") return String(params["mode"] ?? "form");
  const hasTools = method === "sampling/createMessage" && (params["tools"] ?? params["toolChoice"]) !== undefined;
  return hasTools ? "tools" : undefined;
}

export const isLogLevel = (value: unknown): value is LogLevel => LOG_LEVELS.some((level) => level === value);

/** Whether a line of this level is worth telling to whoever asked for `wanted` and above. */
export const isAtLeast = (level: LogLevel, wanted: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted);
