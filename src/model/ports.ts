import type { Readable, Writable } from "node:stream";
import type * as z from "zod/mini";
import type { BackendSpec } from "./backend-spec.ts";
import type { CallDone, CallNotes, ProgressUpdate } from "./call.ts";
import type { CallOutcome, ErrorCode } from "./errors.ts";
import type { AskHost, HostLog } from "./host.ts";
import type { JsonObject } from "./json.ts";
import type { Signal } from "./signal.ts";
import type { ToolRef } from "./tool.ts";

/** Where a workload can be reached: an address, or a pair of pipes. */
export type Endpoint =
  | {
      readonly kind: "http";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Unix socket to dial instead of the URL's host and port. */
      readonly socketPath?: string | undefined;
    }
  | { readonly kind: "stdio"; readonly input: Writable; readonly output: Readable };

/** How a workload came to its end. */
export interface WorkloadExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** One sentence for people: `"exited with code 1"`, `"killed by SIGKILL"`, `"out of memory"`. */
  readonly reason: string;
}

/** Something a runtime driver started and can stop; disposing it stops it and waits until it is gone. */
export interface Workload extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Resolves when the workload is gone, however that came about; never rejects. */
  readonly exited: Promise<WorkloadExit>;
  /** The last lines it wrote to its log (stderr), newest last. */
  logTail(): readonly string[];
  /** Facts for `status`: pid, container id, image digest, port. */
  readonly facts: JsonObject;
  /** True if it may need time before it answers: failures to connect are then retried until the start's deadline. */
  readonly warmsUp: boolean;
  /** Freezes it with its memory, where the runtime can, until `resume`; false if it was left alone because others use it. */
  pause?(): Promise<boolean>;
  resume?(): Promise<void>;
  /** Asks whether it has ended, where `exited` may come late; undefined if it lives or nobody can tell. */
  checkExit?(): Promise<WorkloadExit | undefined>;
  /** Whether it ended because somebody else had taken the port chosen for it: launched again it gets another one. */
  lostItsPort?(): boolean;
  /** Brings `logTail` up to date where the log has to be fetched; never rejects. */
  refreshLog?(): Promise<void>;
}

/** The stage of a start, as reported to a waiting host. */
export type StartStage = "pull" | "create" | "start" | "ready" | "call";

export interface LaunchRequest {
  readonly spec: BackendSpec;
  /** Which of the backend's replicas, counted from 0. */
  readonly replica: number;
  /** Aborts when the start is stopped or takes longer than `startTimeoutMs`. */
  readonly signal: Signal;
  readonly report: (stage: StartStage, detail?: string) => void;
}

/** Launches workloads of one kind of runtime. */
export interface RuntimeDriver {
  readonly kind: string;
  /** Starts a workload; throws `start_failed` with the reason and leaves nothing behind. */
  launch(request: LaunchRequest): Promise<Workload>;
  /** Fetches what a launch needs and no call should wait for, such as an image; on a person's word only. */
  prepare?(request: LaunchRequest): Promise<void>;
}

/** What a runtime brings to the house: how its part of an entry looks, and its driver. */
export interface RuntimeKind {
  readonly kind: string;
  /** The key whose presence in an entry chooses this runtime: `command`, `url`, `container`. */
  readonly key: string;
  /** Keys that choose it just as well: `urls`. */
  readonly otherKeys?: readonly string[] | undefined;
  /** The entry keys this runtime owns. */
  readonly shape: z.core.$ZodShape;
  /** Entry keys (or dotted paths) whose strings take `${VAR}`. */
  readonly expand: readonly string[];
  /** Variable names that the driver itself fills in later, such as `PORT`. */
  readonly reserved: readonly string[];
  /**
   * Turns the entry's own keys, already checked and expanded, into the driver's options, the transport they imply, and how
   * many replicas where they say so themselves.
   * Throws `invalid_argument` whose message begins with the field it is about: `port: expected …`.
   */
  parse(entry: ParsedEntry): ParsedOptions;
}

/** What a runtime makes of an entry. */
export interface ParsedOptions {
  readonly options: unknown;
  readonly transport: BackendSpec["transport"];
  /** Undefined: as many as the entry's `replicas`. */
  readonly replicas?: number | undefined;
}

/** What a runtime's `parse` is given. */
export interface ParsedEntry {
  readonly id: string;
  /** The entry after aliases, expansion and schema; values of `env` and `headers` are plain strings here. */
  readonly fields: JsonObject;
  /** Directory of the registry file, against which relative paths are read. */
  readonly baseDir: string;
}

/** The protocol era of a connection: handshake (up to 2025-11-25) or per-request metadata (from 2026-07-28). */
export type Era = "legacy" | "modern";

/** What a peer said about itself at connect; never used for identity or security. */
export interface PeerFacts {
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly serverInfo?: JsonObject | undefined;
  readonly instructions?: string | undefined;
}

export interface RequestOptions {
  readonly signal: Signal;
  readonly onProgress?: ((update: ProgressUpdate) => void) | undefined;
  /** The called tool's definition, needed for `x-mcp-header` parameters toward modern HTTP backends. */
  readonly definition?: JsonObject | undefined;
  /** Answers what the backend asks meanwhile. */
  readonly askHost?: AskHost | undefined;
  /** Hears what the backend logs meanwhile, if its caller asked for that. */
  readonly log?: HostLog | undefined;
}

/** HTTP requests of a conversation, and the connections opened for them. */
export interface Traffic {
  readonly requests: number;
  readonly connections: number;
}

/** An initialised MCP conversation on one endpoint. */
export interface Connection extends AsyncDisposable {
  readonly era: Era;
  readonly peer: PeerFacts;
  /**
   * Sends one request and gives back the result exactly as the backend sent it, unknown fields included.
   * Throws `upstream_rejected` for a JSON-RPC error, `unavailable` or `upstream_protocol` when there was no answer,
   * and the signal's reason when aborted.
   */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject>;
  /**
   * `request` of `tools/call`, whose result may come unread where it is of the plainest kind, told to `done` instead of by a
   * promise; absent where the SDK client has every request. Its `arguments` may be a RawObject.
   */
  callTool?(params: JsonObject, options: RequestOptions, done: CallDone): void;
  /** Our own health probe: `ping` (legacy) or `server/discover` (modern). */
  probe(signal: Signal): Promise<void>;
  /** Lines on a child's stdout that were no JSON-RPC and were skipped; undefined where there are no lines. */
  readonly strayLines?: number | undefined;
  /** How often its connections were reused; undefined where there is only a pipe. */
  readonly traffic?: Traffic | undefined;
  /** Whether the backend holds a session for this conversation, which no other replica knows (`Mcp-Session-Id`). */
  readonly hasSession?: boolean | undefined;
  /** Why the protocol forbids to offer this tool over this conversation, as one sentence; undefined when nothing does. */
  toolFault?(definition: JsonObject): string | undefined;
  /** Resolves when the conversation has ended, by us or by the peer; never rejects. */
  readonly closed: Promise<void>;
}

export interface ConnectRequest {
  readonly spec: BackendSpec;
  readonly endpoint: Endpoint;
  readonly signal: Signal;
  /** Hears notifications that belong to no request of ours (`list_changed`). */
  readonly onNotification: (method: string, params: JsonObject) => void;
}

/** Speaks MCP to one kind of endpoint. */
export interface Transport {
  connect(request: ConnectRequest): Promise<Connection>;
}

/** Turns texts into vectors that lie close together where the texts mean much the same. */
export interface Embedder extends AsyncDisposable {
  /**
   * One vector a text, in its order and all of one length, each of length 1. Throws a GatewayError: the signal's reason,
   * `unavailable`, `upstream_rejected` for a refusal, `upstream_protocol` for an answer that is none.
   */
  embed(texts: readonly string[], signal: Signal): Promise<readonly Float32Array[]>;
}

/** Named texts that survive a restart. Losing them costs time, never correctness. */
export interface StateStore {
  read(name: string): Promise<string | undefined>;
  /** Long text may come in pieces, so that no step of writing it is long. */
  write(name: string, text: string | readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Who holds a lease: a gateway process, known by its pid and the moment it started. */
export interface LeaseHolder {
  readonly pid: number;
  /** Kernel start time of that process, so that a reused pid is not mistaken for it; undefined where the system has no /proc. */
  readonly processStartTime: string | undefined;
  /** Names one run of one gateway, as in its containers' labels. */
  readonly gatewayNonce: string;
  /** Wall-clock milliseconds since 1970. */
  readonly createdAt: number;
}

/** This process's claim on a shared container; disposing it gives the claim back, and a crash does too. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
}

/** Who uses which shared container, across all gateways of one user. */
export interface LeaseBook {
  /** Claims a name beside whoever else holds it; throws a GatewayError when the claim cannot be recorded. */
  acquire(name: string): Promise<Lease>;
  /**
   * Everyone alive who holds a lease on the name, this process included; leases of the dead are removed on the way.
   * Throws a GatewayError when it cannot tell, and then nothing shared may be stopped.
   */
  holders(name: string): Promise<readonly LeaseHolder[]>;
  /** Removes the leases of dead processes, whatever the name, and says how many there were. */
  sweep(): Promise<number>;
}

/** One finished call, for the access log and the figures; shapes and sizes, never values. */
export interface CallRecord {
  /** As in `CallContext`; in the log it is written `c1`. */
  readonly id: number;
  readonly ref: ToolRef;
  readonly ms: number;
  /** Monotonic moment (Clock.now) of its end. */
  readonly endedAt: number;
  readonly code: ErrorCode | "ok" | "tool_error";
  readonly outcome?: CallOutcome | undefined;
  readonly notes: CallNotes;
}

/** The one port telemetry listens on; a listener that throws breaks nobody. */
export interface Observer {
  callFinished(record: CallRecord): void;
  /** `startMs` is how long the start took that has ended with this change. */
  backendChanged(backend: string, state: string, detail?: string, startMs?: number): void;
  circuitChanged(backend: string, state: string): void;
}
