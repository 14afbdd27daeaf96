import { setMaxListeners } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage, Server } from "@modelcontextprotocol/server";
import { GatewayError } from "../../model/errors.ts";
import type { Era } from "../../model/ports.ts";
import type { Clock } from "../../time/clock.ts";
import type { HostLink } from "./host-link.ts";
import { LateSdk } from "./late-sdk.ts";
import { Shutdown, type SignalSource } from "./shutdown.ts";
import { type ConnectionEnd, StdioTransport } from "./stdio-transport.ts";

/** What serves the host of one connection. */
export interface Face {
  /** Makes the SDK's server of one era; called once or twice a connection, so it must be cheap and own nothing. */
  readonly createServer: (era: Era) => Server | Promise<Server>;
  /** Answers what it can before the SDK is there; without it the SDK answers everything. */
  readonly desk?: FaceDesk | undefined;
}

export interface FaceDesk {
  readonly past: readonly JSONRPCMessage[];
  take(message: JSONRPCMessage): boolean;
}

export interface ServeMcpOptions {
  readonly openFace: (link: HostLink) => Face;
  readonly input: Readable;
  readonly output: Writable;
  readonly clock: Clock;
  /** How long requests in flight may take to finish once the end has come. */
  readonly drainMs: number;
  /** Called when a signal came: the host is still heard, but what it calls from now on is to be refused. */
  readonly refuseNewCalls: () => void;
  /** Releases what stands behind the server; called once, after the last request. */
  readonly drain: () => Promise<void>;
  /** Hears of everything odd that changes nothing on the wire. */
  readonly onProblem: (error: unknown) => void;
  readonly signals?: SignalSource;
}

/**
 * Serves MCP to the host on a pair of streams until the host leaves or a signal comes, then drains. Resolves with the exit
 * code at most `drainMs` + 2 s after that; the process should then exit, whatever still runs.
 */
export function serveMcp(options: ServeMcpOptions): Promise<number> {
  const { openFace, input, output, clock, drainMs, refuseNewCalls, drain, onProblem, signals = process } = options;
  const left = new AbortController();
  setMaxListeners(0, left.signal); // one for each open question
  const leave = (): void => left.abort(new GatewayError("cancelled", "The host has left"));
  const onEnd = (why: ConnectionEnd): void => {
    leave();
    if (why === "eof") shutdown.begin();
    else shutdown.beginAtOnce();
  };
  const transport = new StdioTransport({ input, output, clock, onEnd });
  const sdk = connect(transport, openFace, left.signal, onProblem);
  const shutdown = new Shutdown({
    clock,
    drainMs,
    signals,
    onProblem,
    steps: {
      stopIntake: () => {
        leave();
        refuseNewCalls();
      },
      settled: () => transport.settled(),
      close: () => sdk.close(),
      drain,
      flush: () => transport.flush(),
    },
  });
  void transport.start(); // it never rejects
  return shutdown.exitCode;
}

/** Leads what the host says to the desk first, and what the desk leaves to the SDK's server. */
function connect(
  transport: StdioTransport,
  openFace: ServeMcpOptions["openFace"],
  left: AbortSignal,
  onProblem: ServeMcpOptions["onProblem"],
): LateSdk {
  const face = openFace({
    answer: (id, result) => transport.answer(id, result),
    notify: (told) => transport.notify(told),
    relay: (id, result) => transport.relay(id, result),
    openLane: (handler, read) => transport.lane.open(handler, read),
    takeLane: (request) => transport.lane.take(request),
    isSdkIn: () => sdk.isIn,
    sdk: () => sdk.load(),
    left,
  });
  const { createServer, desk } = face;
  const sdk = new LateSdk({ wire: transport, createServer, past: () => desk?.past ?? [], onProblem });
  transport.onmessage = (message) => {
    if (desk?.take(message) !== true) sdk.deliver(message);
  };
  transport.onpassed = (message) => sdk.deliver(message);
  transport.onerror = onProblem;
  transport.onclose = () => sdk.closed();
  return sdk;
}
