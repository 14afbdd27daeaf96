import { expect, onTestFinished, test, vi } from "vitest";
import { EXIT } from "../../../../src/faces/cli/exit-codes.ts";
import { runCli } from "../../../../src/faces/cli/index.ts";

test.each(["--json serve", "serve --json", "serve --no-color"])(
  "%s is refused, for it would end without a word",
  async (line) => {
    const err = vi.spyOn(process.stderr, "write").mockImplementation((_text, ...rest: unknown[]) => {
      for (const done of rest) if (typeof done === "function") done();
      return true;
    });
    onTestFinished(() => err.mockRestore());
    expect(await runCli(line.split(" "))).toBe(EXIT.usage);
    expect(String(err.mock.calls[0]?.[0])).toContain("serve takes none of the options of the other commands");
  },
);
