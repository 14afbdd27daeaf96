import { destination, pino, stdTimeFunctions } from "pino";

/** Where diagnostics go: structured lines, one object and one sentence each. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Whether lines of that level go anywhere, for whoever would take pains over one; absent: they do. */
  hears?(level: "debug" | "info"): boolean;
  /** Hands everything written so far to the operating system. */
  flush(): void;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

/** JSON lines on stderr, the level from SALLYPORT_LOG (default `warn`); env, headers and arguments never reach it. */
export function createLogger(env: NodeJS.ProcessEnv = process.env): Logger {
  const wanted = env["SALLYPORT_LOG"] ?? "warn";
  const sink = destination({ fd: 2, sync: false, maxLength: 1 << 20 });
  sink.on("error", () => undefined); // a closed stderr must not end the gateway
  const log = pino(
    { level: LEVELS.includes(wanted) ? wanted : "warn", base: { name: "sallyport" }, timestamp: stdTimeFunctions.isoTime },
    sink,
  );
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    hears: (level) => log.isLevelEnabled(level),
    flush: () => {
      try {
        sink.flushSync();
      } catch {
        // stderr is gone: nothing left to tell
      }
    },
  };
}
