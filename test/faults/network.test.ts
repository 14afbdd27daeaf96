import { describe, expect } from "vitest";
import type { Era } from "../../src/model/ports.ts";
import { settle } from "../support/manual-clock.ts";
import { call, callMany, expectHonest, isShed, type Told } from "./support/calls.ts";
import { startFlakyHttp } from "./support/flaky-http.ts";
import { faultCase, type Level, sideBySide } from "./support/levels.ts";
import type { Chance } from "./support/seed.ts";
import { TcpProxy } from "./support/tcp-proxy.ts";
import { expectOthersUnaffected, openClinic, untilInFlight, untilWell } from "./support/ward.ts";

sideBySide();

/** One way in which the network fails, and what has to come of a call that meets it. */
interface NetworkFault {
  readonly fault: string;
  readonly name: string;
  readonly strike: (proxy: TcpProxy, chance: Chance) => Promise<void> | void;
  /** The codes an untrusted call may end with. */
  readonly told: readonly string[];
  /** What is known of a call that met the fault on its way out, where that is certain. */
  readonly outcome?: "not_executed" | "unknown";
}

const lost = ["unavailable"];
const hung = ["deadline_exceeded"];
/** A request line and its first headers; no request is shorter. */
const WITHIN_REQUEST = { from: 1, to: 120 };

const FAULTS: readonly NetworkFault[] = [
  { fault: "F5", name: "refuses connections", told: lost, outcome: "not_executed", strike: (proxy) => proxy.shut() },
  {
    fault: "F5",
    name: "resets connections as soon as they are made",
    told: lost,
    strike(proxy) {
      proxy.weather = { accept: "reset" };
      proxy.cut("reset");
    },
  },
  {
    fault: "F3",
    name: "takes connections and carries nothing",
    told: [...hung, ...lost],
    strike(proxy) {
      proxy.weather = { accept: "silence" };
      proxy.cut("reset");
    },
  },
  {
    fault: "F3",
    name: "loses every request, on connections that look sound",
    told: hung,
    strike(proxy) {
      proxy.weather = { toBackend: { bytes: 0, end: "silence" }, toGateway: { bytes: 0, end: "silence" } };
    },
  },
  {
    fault: "F3",
    name: "loses every answer, on connections that look sound",
    told: hung,
    outcome: "unknown",
    strike(proxy) {
      proxy.weather = { toGateway: { bytes: 0, end: "silence" } };
    },
  },
  {
    fault: "F3",
    name: "goes silent within the answer",
    told: hung,
    outcome: "unknown",
    strike(proxy, chance) {
      proxy.weather = { toGateway: { bytes: chance.between(1, 150), end: "silence" } };
    },
  },
  {
    fault: "F30",
    name: "resets the connection within the request",
    told: lost,
    strike(proxy, chance) {
      proxy.weather = { toBackend: { bytes: chance.between(WITHIN_REQUEST.from, WITHIN_REQUEST.to), end: "reset" } };
    },
  },
  {
    fault: "F30",
    name: "closes the connection within the request",
    told: lost,
    strike(proxy, chance) {
      proxy.weather = { toBackend: { bytes: chance.between(WITHIN_REQUEST.from, WITHIN_REQUEST.to), end: "close" } };
    },
  },
  {
    fault: "F4",
    name: "resets the connection within the answer",
    told: lost,
    outcome: "unknown",
    strike(proxy, chance) {
      proxy.weather = { toGateway: { bytes: chance.between(1, 150), end: "reset" } };
    },
  },
  {
    fault: "F4",
    name: "closes the connection within the answer",
    told: [...lost, "upstream_protocol"],
    outcome: "unknown",
    strike(proxy, chance) {
      proxy.weather = { toGateway: { bytes: chance.between(1, 150), end: "close" } };
    },
  },
  {
    fault: "F4",
    name: "puts garbage into the head of the answer",
    told: ["upstream_protocol"],
    outcome: "unknown",
    strike(proxy) {
      proxy.weather = { toGateway: { bytes: 9, end: "close", garbage: "\u0000\u0001 nonsense\r\n\r\n" } };
    },
  },
];

/** Lets the fault strike before the call, or with so many calls held back at their backend, and heals the network after. */
async function strike(row: NetworkFault, era: Era, tool: "write" | "read", level: Level, chance: Chance) {
  await using patient = await startFlakyHttp(era);
  await using proxy = await TcpProxy.open(Number(new URL(patient.url).port));
  await using clinic = await openClinic({
    url: proxy.url,
    callTimeoutMs: row.told.includes("deadline_exceeded") ? 6_000 : 300_000,
  });
  const before = await call(clinic.gateway, "patient/write");
  expect(before.error).toBeUndefined();
  if (level > 0) patient.hold();
  const held = level > 0 ? callMany(clinic.gateway, `patient/${tool}`, level) : undefined;
  if (level > 0) await untilInFlight(clinic, level);
  await row.strike(proxy, chance);
  for (let turn = 0; turn < 5; turn += 1) await settle(); // a gateway with nothing to do notices its lost connections
  patient.recover();
  const meeting = level === 0 ? callMany(clinic.gateway, `patient/${tool}`, 1) : held;
  const [told] = await Promise.all([meeting, expectOthersUnaffected(clinic)]);
  await proxy.reopen();
  const slow = row.told.filter((code) => code === "deadline_exceeded"); // on a busy machine a sound backend may miss it too
  const after = await untilWell(clinic, `patient/${tool}`, slow);
  return { told: [...(told ?? [])], all: [before, ...(told ?? []), ...after], ledger: patient.ledger };
}

for (const era of ["legacy", "modern"] as const)
  for (const tool of ["write", "read"] as const)
    describe(`a network to a ${era} backend that`, () => {
      for (const row of FAULTS)
        faultCase(`${row.fault} ${row.name} tells a call of ${tool} the truth`, async (level, chance) => {
          const { told, all, ledger } = await strike(row, era, tool, level, chance);
          expectHonest(all, ledger, tool === "read");
          if (level === 0) expectMet(row, told[0]);
          for (const one of told) if (one.error && !isShed(one)) expect([...row.told, "unavailable"]).toContain(one.error.code);
        });
    });

function expectMet({ told, outcome }: NetworkFault, one: Told | undefined): void {
  expect(told).toContain(one?.error?.code);
  if (outcome !== undefined) expect(one?.error?.outcome).toBe(outcome);
}
