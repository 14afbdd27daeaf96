import { expect } from "vitest";
import { call, callMany, expectHonest, isShed, type Told } from "./support/calls.ts";
import { faultCase, type Level, sideBySide } from "./support/levels.ts";
import { describeWithNamespace, type Namespace, openNamespace } from "./support/namespace.ts";
import type { Chance } from "./support/seed.ts";
import { expectOthersUnaffected, openClinic, untilWell } from "./support/ward.ts";

sideBySide();

/** One way in which a real network fails. */
interface Disturbance {
  readonly fault: string;
  readonly name: string;
  readonly strike: (network: Namespace, chance: Chance) => Promise<void>;
  /** What a call is told that meets it; undefined where it may also be answered. */
  readonly codes: readonly string[] | undefined;
}

const CALL_MS = 20_000;
const PORT = "-p tcp";
const DISTURBANCES: readonly Disturbance[] = [
  { fault: "F3", name: "loses every packet", codes: ["deadline_exceeded"], strike: (network) => network.rule(`${PORT} -j DROP`) },
  {
    fault: "F3",
    name: "loses every packet with data, so that connections come about and nothing else",
    codes: ["deadline_exceeded"],
    strike: (network) => network.rule(`${PORT} -m length --length 100: -j DROP`),
  },
  {
    fault: "F5",
    name: "rejects every packet with a reset",
    codes: ["unavailable"],
    strike: (network) => network.rule(`${PORT} -j REJECT --reject-with tcp-reset`),
  },
  {
    fault: "F5",
    name: "rejects new connections only",
    codes: undefined,
    strike: (network) => network.rule(`${PORT} --syn -j REJECT --reject-with tcp-reset`),
  },
  {
    fault: "F3",
    name: "loses some of the packets",
    codes: undefined,
    strike: (network, chance) =>
      network.rule(`${PORT} -m statistic --mode random --probability 0.${chance.between(1, 4)} -j DROP`),
  },
  { fault: "F3", name: "is unplugged", codes: ["deadline_exceeded", "unavailable"], strike: (network) => network.cable("down") },
];

async function strike(row: Disturbance, network: Namespace, tool: "write" | "read", level: Level, chance: Chance) {
  await using clinic = await openClinic({ url: network.url, callTimeoutMs: CALL_MS });
  const { gateway } = clinic;
  expect((await call(gateway, "patient/write")).error).toBeUndefined();
  const early = callMany(gateway, `patient/${tool}`, level);
  await row.strike(network, chance);
  const late = callMany(gateway, `patient/${tool}`, 1);
  const [first, second] = await Promise.all([early, late, expectOthersUnaffected(clinic)]);
  await network.clear();
  await network.cable("up");
  const after = await untilWell(clinic, `patient/${tool}`, ["deadline_exceeded"]); // TCP comes back in seconds of its own
  return { late: second, all: [...first, ...second, ...after] };
}

function expectMet({ codes }: Disturbance, { error }: Told): void {
  if (codes && !isShed({ key: "", answers: 1, error })) expect(codes).toContain(error?.code);
}

await describeWithNamespace("a real network that", () => {
  for (const row of DISTURBANCES)
    for (const tool of ["write", "read"] as const)
      faultCase(
        `${row.fault} ${row.name} tells a call of ${tool} the truth, and is forgotten once it is sound`,
        async (level, chance) => {
          await using network = await openNamespace();
          const { late, all } = await strike(row, network, tool, level, chance);
          for (const one of late) expectMet(row, one);
          expectHonest(all, await network.ledger(), tool === "read");
        },
      );
});
