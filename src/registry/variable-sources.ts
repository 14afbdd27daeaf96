import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { type Dotenv, parseDotenv } from "./parse-dotenv.ts";
import { type FileReader, type FileReading, readRegularFile } from "./read-file.ts";

/** The largest secret, `${file:}` or `.env` that is read, in bytes. */
const SUPPORT_FILE_CAP_BYTES = 64 * 1_024;

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value the registry may ask for by `${input:id}`. */
export interface InputDeclaration {
  readonly id: string;
  readonly default?: string | undefined;
}

/** Where variables get their values; `files` remembers every path it was asked for, so that a change of one can be seen. */
export class VariableSources {
  readonly env: Environment;
  readonly homeDir: string;
  readonly baseDir: string;
  readonly secretsDir: string;
  readonly files = new Set<string>();
  readonly #read: FileReader;

  constructor(baseDir: string, env: Environment = process.env, read: FileReader = readRegularFile) {
    this.env = env;
    this.baseDir = baseDir;
    this.homeDir = env["HOME"] || homedir();
    this.secretsDir = join(env["XDG_CONFIG_HOME"] || join(this.homeDir, ".config"), "sallyport", "secrets");
    this.#read = read;
  }

  /** An absolute path: `~` is the home directory, anything relative starts at the registry's directory. */
  pathOf(written: string): string {
    if (written === "~" || written.startsWith("~/")) return join(this.homeDir, written.slice(1));
    return isAbsolute(written) ? written : resolve(this.baseDir, written);
  }

  readFile(path: string): FileReading {
    this.files.add(path);
    return this.#read(path, SUPPORT_FILE_CAP_BYTES);
  }

  /** The variables of a dotenv file; a file that is absent or refused says so instead. */
  readDotenv(path: string): Dotenv | Exclude<FileReading, { kind: "text" }> {
    const reading = this.readFile(path);
    return reading.kind === "text" ? parseDotenv(reading.text) : reading;
  }
}
