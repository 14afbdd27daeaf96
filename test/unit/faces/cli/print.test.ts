import { expect, test } from "vitest";
import { EXIT, exitCodeOf } from "../../../../src/faces/cli/exit-codes.ts";
import { bold, dim, printFailure, printProblems, printTable, wantsColor } from "../../../../src/faces/cli/print.ts";
import { type ErrorCode, GatewayError } from "../../../../src/model/errors.ts";
import { capture } from "./running.ts";

test.each<[NodeJS.ProcessEnv, boolean, boolean]>([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, false, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
])("with %j on a terminal (%s) colour is %s", (env, isTerminal, expected) => {
  expect(wantsColor(env, isTerminal)).toBe(expected);
});

test("without colour text stays as it is", () => {
  const { output } = capture();
  expect([bold(output, "a"), dim(output, "b")]).toEqual(["a", "b"]);
  const { output: coloured } = capture({ color: true });
  expect([bold(coloured, "a"), dim(coloured, "b")]).toEqual(["\u001b[1ma\u001b[22m", "\u001b[2mb\u001b[22m"]);
});

test("a table is as wide as its widest cells and has no blanks at the end of a line", () => {
  const { output, written } = capture();
  printTable(output, [
    ["A", "LONG", "Z"],
    ["longer", "b", ""],
    ["c", "", "last"],
  ]);
  expect(written.out).toBe("A       LONG  Z\nlonger  b\nc             last\n");
});

test("a problem is one line as compilers print them", () => {
  const { output, written } = capture();
  const place = { severity: "error", path: "x", line: 3, column: 9 } as const;
  printProblems(
    output.err,
    [
      { ...place, message: "m", hint: "do this" },
      { ...place, severity: "warning", message: "n" },
    ],
    "/r.json",
  );
  expect(written.err).toBe("/r.json:3:9 error: m (do this)\n/r.json:3:9 warning: n\n");
});

test("a failure is what, then the next step", () => {
  const { output, written } = capture();
  printFailure(output, new GatewayError("not_found", "No such tool", { hint: "Look again" }));
  printFailure(output, new GatewayError("internal", "Oh"));
  expect(written).toEqual({ out: "", err: "sallyport: No such tool\nLook again\nsallyport: Oh\n" });
});

test.each<[ErrorCode, number]>([
  ["invalid_argument", EXIT.usage],
  ["not_found", EXIT.tool],
  ["needs_config", EXIT.config],
  ["permission_denied", EXIT.config],
  ["cancelled", EXIT.interrupted],
  ["deadline_exceeded", EXIT.unavailable],
  ["resource_exhausted", EXIT.unavailable],
  ["circuit_open", EXIT.unavailable],
  ["start_failed", EXIT.unavailable],
  ["unavailable", EXIT.unavailable],
  ["upstream_protocol", EXIT.unavailable],
  ["answer_over_limit", EXIT.tool],
  ["upstream_rejected", EXIT.tool],
  ["shutting_down", EXIT.unavailable],
  ["internal", EXIT.internal],
])("%s ends the command with %i", (code, exit) => {
  expect(exitCodeOf(code)).toBe(exit);
});

test("exit codes are the documented ones", () => {
  expect(EXIT).toEqual({ ok: 0, internal: 1, usage: 2, config: 3, unavailable: 4, tool: 5, interrupted: 130 });
});
