import { expect, test } from "vitest";
import type { BackendRunner } from "../../../src/lifecycle/backend-runner.ts";
import { Fleet } from "../../../src/lifecycle/fleet.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import type { RegistrySnapshot } from "../../../src/model/registry-snapshot.ts";
import { gate, makeSpec } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";

const snapshotOf = (...entries: readonly (readonly [id: string, digest: string])[]): RegistrySnapshot => ({
  file: "/registry.json",
  backends: new Map(entries.map(([id, digest]) => [id, makeSpec({ id, digest })])),
  settings: {} as RegistrySnapshot["settings"], // a fleet reads none of them
  warnings: [],
  digest: entries.flat().join(),
});

/** A fleet whose runners end when the test says so. */
function muster(...entries: readonly (readonly [id: string, digest: string])[]) {
  const made: BackendSpec[] = [];
  const leaving = new Map<string, ReturnType<typeof gate<void>>>();
  const fleet = new Fleet(snapshotOf(...entries), (spec) => {
    made.push(spec);
    const ended = gate();
    const runner: Partial<BackendRunner> = {
      spec,
      [Symbol.asyncDispose]: () => {
        leaving.set(spec.digest, ended);
        return ended.promise;
      },
    };
    return runner as BackendRunner;
  });
  return { fleet, leaving, digestsMade: () => made.map(({ digest }) => digest) };
}

test("every entry of the first snapshot gets a runner", () => {
  const { fleet, digestsMade } = muster(["git", "git-1"], ["notes", "notes-1"]);
  expect(digestsMade()).toEqual(["git-1", "notes-1"]);
  expect(fleet.all().map(({ spec }) => spec.id)).toEqual(["git", "notes"]);
  expect(fleet.get("git")?.spec.digest).toBe("git-1");
  expect(fleet.get("nobody")).toBeUndefined();
  expect(fleet.snapshot.digest).toBe("git,git-1,notes,notes-1");
});

test("a new snapshot replaces what changed, adds what is new, ends what has gone and leaves the rest alone", () => {
  const { fleet, leaving, digestsMade } = muster(["git", "git-1"], ["notes", "notes-1"], ["web", "web-1"]);
  const untouched = fleet.get("git");
  const next = snapshotOf(["git", "git-1"], ["notes", "notes-2"], ["mail", "mail-1"]);
  expect(fleet.apply(next)).toEqual({ added: ["mail"], changed: ["notes"], removed: ["web"], untouched: ["git"] });
  expect(fleet.get("git")).toBe(untouched);
  expect(fleet.get("notes")?.spec.digest).toBe("notes-2");
  expect(fleet.get("mail")?.spec.digest).toBe("mail-1");
  expect(fleet.get("web")).toBeUndefined();
  expect([...leaving.keys()]).toEqual(["web-1", "notes-1"]);
  expect(digestsMade()).toEqual(["git-1", "notes-1", "web-1", "mail-1", "notes-2"]);
  expect(fleet.snapshot).toBe(next);
});

test("the end of a fleet waits for all its runners, former ones that still drain included", async () => {
  const { fleet, leaving } = muster(["git", "git-1"], ["notes", "notes-1"]);
  fleet.apply(snapshotOf(["git", "git-1"]));
  let ended = false;
  const end = fleet[Symbol.asyncDispose]().then(() => {
    ended = true;
  });
  expect([...leaving.keys()]).toEqual(["notes-1", "git-1"]);
  expect(fleet.all()).toEqual([]);
  leaving.get("git-1")?.open();
  await settle();
  expect(ended).toBe(false);
  leaving.get("notes-1")?.open();
  await end;
});

test("a former runner that has drained is not waited for again, whatever came of it", async () => {
  const { fleet, leaving } = muster(["git", "git-1"]);
  fleet.apply(snapshotOf());
  leaving.get("git-1")?.open();
  await settle();
  await fleet[Symbol.asyncDispose]();
  expect(leaving.size).toBe(1);
});
