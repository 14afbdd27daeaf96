import { GatewayError } from "../model/errors.ts";

/** What was to be run, as far as an error message needs it. */
export interface SpawnTarget {
  readonly backend: string;
  readonly command: string;
  readonly cwd: string;
}

/** A `start_failed` that says what is wrong with the command and what to do, from the system's error code. */
export function spawnFailure(target: SpawnTarget, cause: unknown): GatewayError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no error code";
  const { problem, hint } = explain(target.command, code);
  return new GatewayError("start_failed", `Cannot start "${target.backend}": ${problem}`, {
    backend: target.backend,
    hint,
    cause,
  });
}

/** A `start_failed` about a working directory that is not there. */
export const missingDirectory = (target: SpawnTarget, cause?: unknown): GatewayError =>
  new GatewayError("start_failed", `Cannot start "${target.backend}": the working directory "${target.cwd}" is not a directory`, {
    backend: target.backend,
    hint: 'Create the directory or correct "cwd"',
    cause,
  });

function explain(command: string, code: string): { readonly problem: string; readonly hint?: string } {
  switch (code) {
    case "ENOENT":
      return command.includes("/")
        ? { problem: `there is no file "${command}", or its interpreter is missing`, hint: 'Correct "command"' }
        : { problem: `the command "${command}" is not on PATH`, hint: `Install ${command}, or write its full path as "command"` };
    case "EACCES":
    case "ENOEXEC":
      return {
        problem: `"${command}" is not an executable file`,
        hint: `Make it executable (chmod +x), or name its interpreter as "command" and the file as the first of "args"`,
      };
    case "E2BIG":
      return { problem: "the arguments and variables are longer than the system allows", hint: 'Shorten "args" or "env"' };
    case "ERR_INVALID_ARG_VALUE":
      return { problem: "the command, an argument or a variable contains a null character", hint: 'Correct "args" or "env"' };
    default:
      return { problem: `the system did not start "${command}" (${code})` };
  }
}
