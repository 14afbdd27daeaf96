import { type ErrorCode, GatewayError } from "../model/errors.ts";
import { formatMs } from "../model/units.ts";

/** What went wrong at a container engine, as far as a caller can act on it. */
export type EngineFault =
  | "no_image"
  | "no_container"
  | "name_in_use"
  | "port_in_use"
  | "disk_full"
  | "no_init"
  | "no_controller"
  | "refused"
  | "denied"
  | "gone"
  | "hanging"
  | "garbled";

interface FaultContext {
  readonly hint?: string | undefined;
  readonly httpStatus?: number | undefined;
  readonly cause?: unknown;
}

/** A failure of the engine itself, with its fault, so that nobody has to read the message. */
export class EngineError extends GatewayError {
  readonly fault: EngineFault;

  constructor(fault: EngineFault, message: string, context: FaultContext = {}) {
    super(CODES[fault], message, { outcome: "not_executed", ...context });
    this.fault = fault;
  }
}

const CODES: Readonly<Record<EngineFault, ErrorCode>> = {
  no_image: "start_failed",
  no_container: "start_failed",
  name_in_use: "start_failed",
  port_in_use: "start_failed",
  disk_full: "start_failed",
  no_init: "start_failed",
  no_controller: "start_failed",
  refused: "start_failed",
  denied: "unavailable",
  gone: "unavailable",
  hanging: "unavailable",
  garbled: "unavailable",
};

interface Refusal {
  readonly fault: EngineFault;
  readonly said: RegExp;
  readonly hint?: string;
}

/** Both engines say most things in text only, and podman answers 500 where Docker says 409: hence the patterns. */
const REFUSALS: readonly Refusal[] = [
  { fault: "name_in_use", said: /name .*\bin use\b|container already exists/i },
  { fault: "no_container", said: /no such container|no container with name/i },
  { fault: "no_image", said: /no such image|image not known|manifest unknown/i },
  {
    fault: "port_in_use",
    said: /address already in use|port is already allocated/i,
    hint: "Another program took the port; start the server again",
  },
  {
    fault: "disk_full",
    said: /no space left on device|disk quota exceeded/i,
    hint: "Free disk space, for example with `podman system prune` or `docker system prune`",
  },
  {
    fault: "no_init",
    said: /container-init|docker-init|catatonit/i,
    hint: 'Install catatonit (podman) or docker-init, or set "init": false',
  },
  {
    fault: "no_controller",
    said: /cgroup controller|controller .* (?:is )?not available|NanoCPUs can not be set/i,
    hint: 'The engine may not limit this resource here: delegate the cgroup controller to your user, or set "cpus": 0',
  },
];

/** Translates an answer with an error status into an error with the engine's own words. */
export function refusedBy(action: string, status: number, text: string): EngineError {
  const words = engineWords(text);
  const { fault, hint } = REFUSALS.find(({ said }) => said.test(words)) ?? { fault: "refused", hint: undefined };
  return new EngineError(fault, `Container engine refused to ${action}: ${words || `HTTP ${status}`}`, {
    hint,
    httpStatus: status,
  });
}

/** The message of an error body: `{"message": …}` in both dialects, otherwise the text itself, on one line. */
function engineWords(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "message" in body) return oneLine(String(body.message));
  } catch {
    // not JSON: the text is all there is
  }
  return oneLine(text);
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 1_000);

/** Translates a failed exchange with the socket: nothing there, not ours to use, or not an engine at all. */
export function unreachable(socketPath: string, cause: unknown): EngineError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code ?? "") : "";
  if (code === "EACCES" || code === "EPERM") {
    return new EngineError("denied", `Cannot use container engine at "${socketPath}": permission denied`, {
      hint: "Join the group that owns the socket (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine",
      cause,
    });
  }
  if (cause instanceof Error && (cause.name === "HTTPParserError" || code.startsWith("HPE_")))
    return garbled(socketPath, "the answer is not HTTP", cause);
  return new EngineError("gone", `Cannot reach container engine at "${socketPath}": ${code || String(cause)}`, {
    hint: "Start the engine: `systemctl --user start podman.socket`, `podman machine start` or Docker Desktop",
    cause,
  });
}

/** An engine that answers what no engine answers. */
export const garbled = (socketPath: string, problem: string, cause?: unknown): EngineError =>
  new EngineError("garbled", `Cannot understand container engine at "${socketPath}": ${problem}`, {
    hint: "Check that a podman or Docker engine listens there",
    cause,
  });

/** An engine that did not answer within the time a call may take. */
export const hanging = (action: string, ms: number): EngineError =>
  new EngineError("hanging", `Container engine did not ${action} within ${formatMs(ms)}`, {
    hint: "Check the engine with `podman ps` or `docker ps`; restart it if that hangs too",
  });

/** Whether an unknown throw is the engine's failure of one of these kinds. */
export const isFault = (error: unknown, ...faults: readonly EngineFault[]): error is EngineError =>
  error instanceof EngineError && faults.includes(error.fault);
