import { type ErrorCode, GatewayError } from "../model/errors.ts";

const HINT = "Set SALLYPORT_STATE_DIR to a directory that you own and that has room";

const KNOWN: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ["ENOSPC", ["resource_exhausted", "no space is left on the device"]],
  ["EDQUOT", ["resource_exhausted", "the disk quota is used up"]],
  ["EFBIG", ["resource_exhausted", "the file would be too large"]],
  ["EACCES", ["needs_config", "permission denied"]],
  ["EPERM", ["needs_config", "permission denied"]],
  ["EROFS", ["needs_config", "the file system is read-only"]],
  ["ENOENT", ["needs_config", "it does not exist"]],
  ["EEXIST", ["needs_config", "something else is in its place"]],
  ["ENOTDIR", ["needs_config", "a part of the path is no directory"]],
  ["ELOOP", ["needs_config", "it is a symbolic link"]],
  ["EISDIR", ["needs_config", "it is a directory"]],
]);

/** The system's code of a failed file operation, such as `ENOENT`; undefined for anything else that was thrown. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Translates a failed file operation; `action` reads like `Cannot write "/home/a/x"`. */
export function fileFailure(action: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const found = KNOWN.get(systemCode(error) ?? "");
  const [code, reason] = found ?? (["internal", error instanceof Error ? error.message : String(error)] as const);
  return new GatewayError(code, `${action}: ${reason}`, { cause: error, hint: found && HINT });
}
