import type { LogLevel, PinoLog } from "./pino-log.ts";

/** Where diagnostics go: structured lines, one object and one sentence each. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Whether lines of that level go anywhere, for whoever would take pains over one; absent: they do. */
  hears?(level: "debug" | "info"): boolean;
  /** Hands everything written so far to the operating system. */
  flush(): void | Promise<void>;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

/**
 * JSON lines on stderr, the level from SALLYPORT_LOG (default `warn`); env, headers and arguments never reach it. What writes them
 * is loaded with the first line: most processes have none to write, and none should wait for it.
 */
export function createLogger(env: NodeJS.ProcessEnv = process.env): Logger {
  const wanted = env["SALLYPORT_LOG"] ?? "warn";
  const level = LEVELS.includes(wanted) ? wanted : "warn";
  const heard: ReadonlySet<string> = new Set(LEVELS.slice(LEVELS.indexOf(level)));
  const hears = (severity: LogLevel): boolean => heard.has(severity);
  let loading: Promise<PinoLog> | undefined;
  let loaded: PinoLog | undefined;
  const load = async (): Promise<PinoLog> => {
    const { openPinoLog } = await import("./pino-log.ts");
    loaded = openPinoLog(level);
    return loaded;
  };
  const line =
    (severity: LogLevel): Logger["warn"] =>
    (fields, message) => {
      if (!hears(severity)) return;
      if (loaded) return loaded.write(severity, fields, message);
      loading ??= load();
      loading.then(
        (log) => log.write(severity, fields, message),
        () => undefined, // a package that was replaced meanwhile: there is nothing left to tell it with
      );
    };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    hears,
    flush: async () => (await loading?.catch(() => undefined))?.flush(),
  };
}
