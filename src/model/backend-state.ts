import type { GatewayError } from "./errors.ts";
import type { Connection, Workload } from "./ports.ts";

/** Each state carries exactly what is true in it, so no field is ever "maybe set". */
export type BackendState =
  | { readonly name: "stopped" }
  | { readonly name: "starting"; readonly ready: Promise<Running>; readonly abort: AbortController; readonly since: number }
  | { readonly name: "running"; readonly running: Running; readonly since: number }
  /** Frozen while idle; `settled` resolves when the freezing itself is over. */
  | { readonly name: "paused"; readonly running: Running; readonly since: number; readonly settled: Promise<void> }
  /** Being closed, on somebody's word or because it ended by itself. */
  | { readonly name: "draining"; readonly done: Promise<void>; readonly cause: "stop" | "died" }
  | { readonly name: "failed"; readonly error: GatewayError; readonly retryAt: number };

/** A started backend: its workload and the conversation with it. */
export interface Running {
  readonly workload: Workload;
  readonly connection: Connection;
}
