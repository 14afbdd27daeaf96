import { describe, expect, test } from "vitest";
import { addExamples } from "../../../src/registry/add-examples.ts";
import { snapshotOf } from "./reading.ts";

const EXAMPLES = ["write a letter", "send mail to a friend", "answer a message"];
const wanted = (server: string, tool: string) => [{ server, tool, examples: EXAMPLES }];

/** The examples the registry then has of a tool. */
const examplesOf = (text: string, server: string, tool: string) =>
  snapshotOf(text).backends.get(server)?.tools.overrides.get(tool)?.examples;

const COMMENTED = `// What we use
{
  "mcpServers": {
    // mail
    "post": {
      "url": "http://localhost:1/mcp", /* ours */
      "tools": { "deny": ["purge"] }, // never
    },
    "git": { "command": "git-mcp" }
  }
}
`;

test("examples come in, and every comment and line that was there stays", () => {
  const edit = addExamples(COMMENTED, [...wanted("post", "send"), ...wanted("git", "log")]);
  const text = edit?.text ?? "";
  expect(edit?.added).toHaveLength(2);
  for (const [server, tool] of [
    ["post", "send"],
    ["git", "log"],
  ] as const)
    expect(examplesOf(text, server, tool)).toEqual(EXAMPLES);
  for (const kept of ["// What we use", "    // mail\n", "/* ours */", "// never", '"deny": ["purge"]'])
    expect(text).toContain(kept);
});

test("examples of a tool that stands directly under tools go there", () => {
  const text = '{"mcpServers":{"post":{"url":"http://h","tools":{"send":{"readOnly":false}}}}}';
  const edit = addExamples(text, wanted("post", "send"));
  expect(JSON.parse(edit?.text ?? "")).toEqual({
    mcpServers: { post: { url: "http://h", tools: { send: { readOnly: false, examples: EXAMPLES } } } },
  });
});

test("a tool by the name of a rule goes to overrides", () => {
  const edit = addExamples('{"mcpServers":{"post":{"url":"http://h"}}}', wanted("post", "deny"));
  expect(examplesOf(edit?.text ?? "", "post", "deny")).toEqual(EXAMPLES);
});

test("servers are found under VS Code's name, too", () => {
  const edit = addExamples('{"servers":{"post":{"url":"http://h"}}}', wanted("post", "send"));
  expect(examplesOf(edit?.text ?? "", "post", "send")).toEqual(EXAMPLES);
});

test("a file indented by tabs, with Windows line ends, stays one", () => {
  const text = '{\r\n\t"mcpServers": {\r\n\t\t"post": {\r\n\t\t\t"url": "http://h"\r\n\t\t}\r\n\t}\r\n}\r\n';
  const { text: edited = "" } = addExamples(text, wanted("post", "send")) ?? {};
  expect(examplesOf(edited, "post", "send")).toEqual(EXAMPLES);
  expect(edited.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(edited).toMatch(/\r\n\t{4}/);
  expect(edited).not.toMatch(/\n +/);
});

describe("nothing is written", () => {
  test.each<[string, string, string]>([
    [
      "over examples by hand",
      '{"mcpServers":{"post":{"url":"http://h","tools":{"overrides":{"send":{"examples":["mine"]}}}}}}',
      "it has examples already",
    ],
    [
      "over an empty list, which is somebody's wish",
      '{"mcpServers":{"post":{"url":"http://h","tools":{"send":{"examples":[]}}}}}',
      "it has examples already",
    ],
    [
      "into a bare list of tools",
      '{"mcpServers":{"post":{"url":"http://h","tools":["send"]}}}',
      'its tools are a list: write them as { "allow": [ … ] }',
    ],
    ["for a server that has gone", '{"mcpServers":{}}', "the file has no such server any more"],
    ["for a server that is none", '{"mcpServers":{"post":5}}', "the file has no such server any more"],
    [
      "where something else is in the way",
      '{"mcpServers":{"post":{"url":"http://h","tools":{"send":5}}}}',
      "the file would not read as before",
    ],
  ])("%s", (_what, text, reason) => {
    expect(addExamples(text, wanted("post", "send"))).toEqual({
      text,
      added: [],
      skipped: [{ server: "post", tool: "send", reason }],
    });
  });

  test("into a file that cannot be read", () => {
    expect(addExamples('{"mcpServers":', wanted("post", "send"))).toBeUndefined();
    expect(addExamples("[]", wanted("post", "send"))).toBeUndefined();
  });

  test("through a name that is a trap", () => {
    expect(addExamples('{"mcpServers":{}}', wanted("__proto__", "send"))?.added).toEqual([]);
    const edit = addExamples('{"mcpServers":{"post":{"url":"http://h"}}}', wanted("post", "__proto__"));
    expect(edit?.text.includes("__proto__")).toBe(edit?.added.length === 1);
    expect(({} as Record<string, unknown>)["examples"]).toBeUndefined();
  });
});
