import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { childrenOf, runs } from "../support/child-processes.ts";
import { eventually, faultCase, sideBySide } from "./support/levels.ts";
import { type Asked, ask, expectExact, holdCalls, openProcessWard, release, said } from "./support/process-ward.ts";

sideBySide();

/** Calls whose answers nobody waits for any more. */
function giveUp(asked: readonly Asked[]): void {
  for (const { answer } of asked) answer.catch(() => undefined);
}

const notGone = (pids: readonly number[]): readonly number[] => pids.filter(runs);
/** The signals that were sent to a process and have not reached it, as a mask, from /proc (Linux); 0 for one that is gone. */
function pendingSignals(pid: number | undefined): bigint {
  try {
    const mask = /^ShdPnd:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return BigInt(`0x${mask ?? "0"}`);
  } catch {
    return 0n;
  }
}

const saidByAll = async (asked: readonly Asked[]): Promise<string[]> => [...new Set(await Promise.all(asked.map(said)))];

faultCase(
  "F17 a host that ends its input gets the answers to its calls, and the gateway leaves with its children",
  async (level) => {
    await using ward = await openProcessWard();
    const held = await holdCalls(ward, level);
    const children = childrenOf(ward.gateway.child.pid);
    ward.gateway.child.stdin.end();
    await release(ward);
    expect(await saidByAll(held)).toEqual(level === 0 ? [] : ["done"]);
    expect(await ward.gateway.exited).toEqual({ code: 0, signal: null });
    await expectExact(ward, held);
    await eventually(() => expect(notGone(children)).toEqual([]));
  },
);

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  faultCase(`F18 a gateway that gets ${signal} finishes its calls, refuses new ones, and leaves with 0`, async (level) => {
    await using ward = await openProcessWard();
    const held = await holdCalls(ward, level);
    const children = childrenOf(ward.gateway.child.pid);
    ward.gateway.child.kill(signal);
    if (level > 0) {
      const late = () => said(ask(ward.gateway, "neighbour/write"));
      await eventually(async () => expect(await late()).toBe("shutting_down")); // the signal may be heard after a call or two
    }
    await release(ward);
    expect(await saidByAll(held)).toEqual(level === 0 ? [] : ["done"]);
    expect(await ward.gateway.exited).toEqual({ code: 0, signal: null });
    await expectExact(ward, held);
    await eventually(() => expect(notGone(children)).toEqual([]));
  });

for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)
  faultCase(`F18 a gateway that gets ${signal} as its second signal leaves at once, and its children go too`, async (level) => {
    await using ward = await openProcessWard();
    giveUp(await holdCalls(ward, level));
    const children = childrenOf(ward.gateway.child.pid);
    ward.gateway.child.kill("SIGHUP");
    await eventually(() => expect(pendingSignals(ward.gateway.child.pid)).toBe(0n)); // or the two might change places
    ward.gateway.child.kill(signal);
    const end = await ward.gateway.exited;
    // with nothing to wait for it may have ended by then, or be past listening on its way out: then the signal itself ends it
    if (level > 0) expect(end).toEqual({ code, signal: null });
    else expect([0, code, signal]).toContain(end.code ?? end.signal);
    await eventually(() => expect(notGone(children)).toEqual([]));
  });

faultCase("F19 a gateway that is killed leaves no child behind", async (level) => {
  await using ward = await openProcessWard();
  giveUp(await holdCalls(ward, level));
  const children = childrenOf(ward.gateway.child.pid);
  expect(children.length).toBeGreaterThan(0);
  ward.gateway.child.kill("SIGKILL");
  expect(await ward.gateway.exited).toEqual({ code: null, signal: "SIGKILL" });
  await eventually(() => expect(notGone(children)).toEqual([]));
});

faultCase("F22 a host that closes our output ends the gateway without a crash", async (level) => {
  await using ward = await openProcessWard();
  giveUp(await holdCalls(ward, level));
  ward.gateway.child.stdout.destroy();
  void ask(ward.gateway, "neighbour/write").answer.catch(() => undefined);
  expect(await ward.gateway.exited).toEqual({ code: 0, signal: null });
  expect(ward.gateway.stderr).not.toMatch(/EPIPE|at .*\.js:/);
});
