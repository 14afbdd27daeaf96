import type { JSONRPCRequest } from "@modelcontextprotocol/server";
import type { CallEnding, ToolAnswer } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { type AskHost, relayedCapabilities } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import { RawResult, readRaw } from "../../model/raw-result.ts";
import { askNobody, askWithin } from "./ask-within.ts";
import { type Ears, earsOf, travellingMeta } from "./caller-of.ts";
import { isQuestion, type MetaToolCaller } from "./define-meta-tool.ts";
import { inModernEnvelope, inModernEnvelopeUnread, readEnvelope } from "./envelope.ts";
import { failureToResult } from "./failure-to-result.ts";
import { type DirectCall, type DirectHandler, type HostResult, type PlainCall, plainCall } from "./fast-lane.ts";
import type { LogRelay } from "./log-relay.ts";
import { shapeForHost } from "./shape-for-host.ts";
import { type FaceParts, findTool, startTool } from "./tool-bench.ts";

type Voice = Pick<MetaToolCaller, "askHost" | "hostCapabilities" | "log">;

/** How a host with a handshake is asked and told, whatever the call. */
export interface StandingHost {
  readonly declared: () => JsonObject;
  readonly askHost: AskHost;
  readonly lines: LogRelay;
}

/** Plain calls of a host that is asked by requests. */
export const legacyCalls =
  (parts: FaceParts, host: StandingHost): DirectHandler =>
  (call, done) => {
    const ears = earsOf(call.meta, host.lines, parts.link.notify);
    const voice = { askHost: host.askHost, hostCapabilities: host.declared(), log: parts.host.log };
    answerTo(call, parts, ears, voice, forLegacyHost, done);
  };

/** Plain calls of a host that says with each what it can do, which is nothing a server could ask. */
export const modernCalls =
  (parts: FaceParts): DirectHandler =>
  (call, done) => {
    const hostCapabilities = readEnvelope({ _meta: call.meta })?.capabilities ?? {};
    parts.host.learn(hostCapabilities);
    const ears = earsOf(call.meta, undefined, parts.link.notify);
    const voice = { askHost: askWithin({}, askNobody), hostCapabilities, log: undefined };
    answerTo(call, parts, ears, voice, forModernHost, done);
  };

const forLegacyHost = (result: ToolAnswer): HostResult => (result instanceof RawResult ? result : shapeForHost(result, "legacy"));

/** What is passed on unread is of a kind that every host reads. */
const forModernHost = (result: ToolAnswer): HostResult =>
  (result instanceof RawResult && inModernEnvelopeUnread(result)) || inModernEnvelope(shapeForHost(readRaw(result), "modern"));

/** Reads a call of the modern era if its host can be asked nothing and wants no log. */
export function readModernCall(request: JSONRPCRequest): PlainCall | undefined {
  const call = plainCall(request);
  const envelope = call && readEnvelope(request.params);
  if (!envelope || envelope.logLevel !== undefined) return undefined;
  return Object.keys(relayedCapabilities(envelope.capabilities)).length === 0 ? call : undefined;
}

/** Tells the result of a call; undefined if the SDK has to answer: there is no such tool, or the result asks the host. */
function answerTo(
  call: DirectCall,
  parts: FaceParts,
  ears: Ears,
  { askHost, hostCapabilities, log }: Voice,
  shape: (result: ToolAnswer) => HostResult,
  done: (result: HostResult | undefined) => void,
): void {
  const tool = findTool(call.name);
  if (!tool) {
    done(undefined);
    return;
  }
  const { progress } = ears;
  const onProgress: MetaToolCaller["onProgress"] = progress && ((update) => progress.pass(update));
  const { signal, args, meta } = call;
  const caller: MetaToolCaller = { signal, onProgress, meta: travellingMeta(meta), askHost, hostCapabilities, log };
  startTool(tool, args, parts, caller, (result) => {
    if (ears.isBusy) void ears.settled().then(() => done(forHost(result, call, parts, shape)));
    else done(forHost(result, call, parts, shape));
  });
}

/** A result that asks is left for the SDK to deliver. */
function forHost(
  ending: CallEnding,
  { id, signal }: DirectCall,
  { finished }: FaceParts,
  shape: (result: ToolAnswer) => HostResult,
): HostResult | undefined {
  const result = ending instanceof GatewayError ? failureToResult(ending) : ending;
  if (result instanceof RawResult || signal.aborted || !isQuestion(result)) return shape(result);
  finished.set(id, result);
  return undefined;
}
