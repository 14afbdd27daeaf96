import type { BackendSpec } from "../../src/model/backend-spec.ts";
import { GatewayError } from "../../src/model/errors.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { Connection, Era, RequestOptions, RuntimeDriver, Transport, Workload, WorkloadExit } from "../../src/model/ports.ts";
import type { Signal } from "../../src/model/signal.ts";

/** A spec with the defaults of the parser; `over` says what matters to the test. */
export const makeSpec = (over: Partial<BackendSpec> = {}): BackendSpec => ({
  id: "notes",
  runtime: "fake",
  options: undefined,
  transport: "stdio",
  protocolEra: "auto",
  replicas: 1,
  affinity: "auto",
  description: undefined,
  tags: [],
  enabled: true,
  tools: { allow: undefined, deny: [], overrides: new Map() },
  trustAnnotations: false,
  startTimeoutMs: 40_000,
  callTimeoutMs: 45_000,
  cacheTtlMs: 0,
  maxResultTokens: 20_000,
  idlePauseMs: 0,
  idleStopMs: 600_000,
  warm: false,
  toolsFile: undefined,
  missing: [],
  digest: "digest-1",
  extra: {},
  ...over,
});

type Answer = (method: string, params: JsonObject, options: RequestOptions) => Promise<JsonObject>;

/**
 * A backend in this process, for what cannot be made to happen on time with a real one: starts that wait for the test, deaths
 * at a chosen moment. It keeps a ledger of everything that happened to it.
 */
export class FakeBackend implements RuntimeDriver, Transport {
  readonly kind = "fake";
  readonly ledger: string[] = [];
  /** Replaced by tests that want a start to wait or to fail. */
  launching: (signal: Signal) => Promise<void> = () => Promise.resolve();
  connecting: (signal: Signal) => Promise<void> = () => Promise.resolve();
  answering: Answer = (method) => Promise.resolve(method === "tools/list" ? { tools: [] } : { content: [] });
  notify: (method: string, params: JsonObject) => void = () => {};
  warmsUp = false;
  era: Era = "legacy";
  hasSession = false;
  capabilities: JsonObject = { tools: {} };
  /** Set by tests of parking; undefined means that the runtime cannot pause. */
  pausing: (() => Promise<boolean>) | undefined;
  resuming: () => Promise<void> = () => Promise.resolve();
  logLines: string[] = [];
  #exit: (exit: WorkloadExit) => void = () => {};

  get launches(): number {
    return this.ledger.filter((line) => line === "launch").length;
  }

  async launch({ signal }: { readonly signal: Signal }): Promise<Workload> {
    this.ledger.push("launch");
    await this.launching(signal);
    const exited = new Promise<WorkloadExit>((resolve) => {
      this.#exit = resolve;
    });
    const { pausing } = this;
    return {
      ...(pausing && {
        pause: async () => {
          this.ledger.push("pause");
          return await pausing();
        },
        resume: async () => {
          this.ledger.push("resume");
          await this.resuming();
        },
      }),
      endpoint: { kind: "http", url: "http://localhost/", headers: {} },
      exited,
      facts: {},
      warmsUp: this.warmsUp,
      logTail: () => this.logLines,
      [Symbol.asyncDispose]: async () => {
        this.ledger.push("workload closed");
        this.#exit({ code: 0, signal: null, reason: "was stopped" });
      },
    };
  }

  async connect({ signal, onNotification }: Parameters<Transport["connect"]>[0]): Promise<Connection> {
    this.ledger.push("connect");
    await this.connecting(signal);
    this.notify = onNotification;
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    return {
      era: this.era,
      hasSession: this.hasSession,
      peer: { protocolVersion: "2025-06-18", capabilities: this.capabilities },
      request: (method, params, options) => {
        this.ledger.push(method);
        return this.answering(method, params, options);
      },
      probe: () => Promise.resolve(),
      closed,
      [Symbol.asyncDispose]: async () => {
        this.ledger.push("connection closed");
        close();
      },
    };
  }

  /** Ends the workload as a crash would. */
  die(reason = "exited with code 1"): void {
    this.#exit({ code: 1, signal: null, reason });
  }
}

/** A promise that waits for the signal and then rejects with its reason. */
export const untilAborted = (signal: Signal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = () => reject(GatewayError.from(signal.reason));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });

/** A promise and the hands that settle it. */
export function gate<T = void>(): {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (reason: unknown) => void;
} {
  let open: (value: T) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
