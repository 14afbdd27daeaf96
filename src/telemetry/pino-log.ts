import { destination, pino, stdTimeFunctions } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What writes the lines. */
export interface PinoLog {
  write(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Hands everything written so far to the operating system. */
  flush(): void;
}

/** JSON lines on stderr. */
export function openPinoLog(level: string): PinoLog {
  const sink = destination({ fd: 2, sync: false, maxLength: 1 << 20 });
  sink.on("error", () => undefined); // a closed stderr must not end the gateway
  const log = pino({ level, base: { name: "sallyport" }, timestamp: stdTimeFunctions.isoTime }, sink);
  return {
    write: (severity, fields, message) => log[severity](fields, message),
    flush: () => {
      try {
        sink.flushSync();
      } catch {
        // stderr is gone: nothing left to tell
      }
    },
  };
}
