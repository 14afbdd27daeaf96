import { expect, test } from "vitest";
import { describeExit } from "../../../src/runtime/container-exit.ts";

const LIMIT = 64 * 2 ** 20;

test.each([
  [0, false, null, "exited with code 0"],
  [3, false, null, "exited with code 3"],
  [137, false, "SIGKILL", "killed (exit code 137), by somebody or for lack of memory: its limit is 64 MiB"],
  [137, true, "SIGKILL", "out of memory: its limit is 64 MiB"],
])("code %i with the engine's out-of-memory flag %s", (code, flag, signal, reason) => {
  expect(describeExit(code, flag, LIMIT)).toEqual({ code, signal, reason });
});
