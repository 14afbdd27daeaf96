import { setMaxListeners } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Era } from "../../model/ports.ts";
import type { Clock } from "../../time/clock.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import type { DirectHandler } from "./fast-lane.ts";
import { Shutdown, type SignalSource } from "./shutdown.ts";
import { type ConnectionEnd, StdioTransport } from "./stdio-transport.ts";

/** Sends this result in the answer to that request instead of the SDK's encoding of it. */
export type Relay = (requestId: RequestId, result: JsonObject) => void;

/** What a protocol server may do with its connection besides what the SDK lets it. */
export interface HostLink {
  readonly relay: Relay;
  /** Lets plain tool calls of a legacy host go past the SDK from now on. */
  readonly openLane: (handler: DirectHandler) => void;
  /** Aborts when no answer of the host can come any more; calls in flight may still be answered. */
  readonly left: AbortSignal;
}

export interface ServeMcpOptions {
  /** Makes the protocol server of one era; called once or twice a connection, so it must be cheap and own nothing. */
  readonly createServer: (era: Era, link: HostLink) => Server;
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
  const { createServer, input, output, clock, drainMs, refuseNewCalls, drain, onProblem, signals = process } = options;
  const left = new AbortController();
  setMaxListeners(0, left.signal); // one for each open question
  const leave = (): void => left.abort(new GatewayError("cancelled", "The host has left"));
  const onEnd = (why: ConnectionEnd): void => {
    leave();
    if (why === "eof") shutdown.begin();
    else shutdown.beginAtOnce();
  };
  const transport = new StdioTransport({ input, output, clock, onEnd });
  const link: HostLink = {
    relay: (id, result) => transport.relay(id, result),
    openLane: (handler) => transport.lane.open(handler),
    left: left.signal,
  };
  const connection = serveStdio(({ era }) => createServer(era, link), { transport, onerror: onProblem });
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
      close: () => connection.close(),
      drain,
      flush: () => transport.flush(),
    },
  });
  return shutdown.exitCode;
}
