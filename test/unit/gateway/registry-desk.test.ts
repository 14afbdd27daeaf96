import { expect, test } from "vitest";
import { RegistryDesk } from "../../../src/gateway/registry-desk.ts";
import type { RegistryProblem } from "../../../src/model/registry-snapshot.ts";
import { entry, recorder, snapshotOf } from "../../support/open-house.ts";

const FILE = "/home/me/registry.json";
const PROBLEM: RegistryProblem = {
  severity: "error",
  path: "mcpServers.git",
  line: 3,
  column: 7,
  message: "git: expected an object",
};
const good = snapshotOf(entry("git"));
const newer = snapshotOf(entry("git"), entry("notes"));
const loaded = (snapshot = good) => ({ kind: "loaded", snapshot, files: [] }) as const;
const refused = { kind: "refused", problems: [PROBLEM], files: [] } as const;
const stale = { kind: "stale", snapshot: good, problems: [PROBLEM], files: [] } as const;

function open(start: ConstructorParameters<typeof RegistryDesk>[1]) {
  const { log, lines } = recorder();
  return { desk: new RegistryDesk(FILE, start, log), lines };
}

test("a good file is in force", () => {
  const { desk, lines } = open(loaded());
  expect(desk.view).toEqual({ file: FILE, state: "ok", servers: 1, errors: [], warnings: [] });
  expect(desk.snapshot).toBe(good);
  expect(lines).toEqual([]);
});

test("an invalid file at the start leaves its last good copy in force, loudly", () => {
  const { desk, lines } = open(stale);
  expect(desk.view).toEqual({ file: FILE, state: "fallback", servers: 1, errors: [PROBLEM], warnings: [] });
  expect(desk.snapshot).toBe(good);
  expect(lines).toEqual([
    { level: "error", message: PROBLEM.message, fields: { file: FILE, line: 3, column: 7, path: "mcpServers.git" } },
  ]);
});

test("an invalid file without a good copy leaves no server, loudly", () => {
  const { desk, lines } = open(refused);
  expect(desk.view).toMatchObject({ state: "invalid", servers: 0, errors: [PROBLEM] });
  expect(desk.snapshot.backends.size).toBe(0);
  expect(lines).toHaveLength(1);
});

test("an invalid new version changes nothing but the view", () => {
  const { desk, lines } = open(loaded());
  expect(desk.take(refused)).toBeUndefined();
  expect(desk.view).toMatchObject({ state: "stale", servers: 1, errors: [PROBLEM] });
  expect(desk.snapshot).toBe(good);
  expect(lines).toHaveLength(1);
});

test.each([
  ["fallback", stale],
  ["invalid", refused],
] as const)("another invalid version does not make %s look better than it is", (state, start) => {
  const { desk } = open(start);
  desk.take(refused);
  expect(desk.view.state).toBe(state);
});

test.each([
  ["ok", loaded()],
  ["fallback", stale],
  ["invalid", refused],
] as const)("a valid version after %s is given out to be applied and forgives everything", (_state, start) => {
  const { desk } = open(start);
  desk.take(refused);
  expect(desk.take(loaded(newer))).toBe(newer);
  expect(desk.view).toMatchObject({ state: "ok", servers: 2, errors: [] });
  expect(desk.snapshot).toBe(newer);
});
