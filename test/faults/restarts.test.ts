import { describe, expect } from "vitest";
import type { Era } from "../../src/model/ports.ts";
import { settle } from "../support/manual-clock.ts";
import { json, type Script } from "../support/scripted-http.ts";
import { call, callMany, expectHonest, type Told } from "./support/calls.ts";
import { startFlakyHttp, TOOLS } from "./support/flaky-http.ts";
import { faultCase, sideBySide } from "./support/levels.ts";
import { TcpProxy } from "./support/tcp-proxy.ts";
import { expectOthersUnaffected, openClinic, untilInFlight } from "./support/ward.ts";

sideBySide();

const portOf = ({ url }: { readonly url: string }): number => Number(new URL(url).port);

/** A patient that is replaced by another server at the same address, while calls are in flight where there are any. */
async function replace(
  eras: readonly [Era, Era],
  level: number,
  scripts: readonly [Partial<Script>, Partial<Script>] = [{}, {}],
) {
  await using first = await startFlakyHttp(eras[0], scripts[0]);
  await using second = await startFlakyHttp(eras[1], scripts[1]);
  await using proxy = await TcpProxy.open(portOf(first));
  await using clinic = await openClinic({ url: proxy.url });
  const { gateway } = clinic;
  const told: Told[] = [await call(gateway, "patient/write")];
  if (level > 0) first.hold();
  const held = callMany(gateway, "patient/write", level);
  if (level > 0) await untilInFlight(clinic, level);
  proxy.lead(portOf(second));
  for (let turn = 0; turn < 5; turn += 1) await settle();
  told.push(...(await held));
  const after: Told[] = [];
  for (let attempt = 0; attempt < 20 && !after.some(({ error }) => !error); attempt += 1) {
    after.push(await call(gateway, "patient/write"));
    await new Promise<void>((resolve) => void clinic.clock.after(1_000, resolve));
  }
  await expectOthersUnaffected(clinic);
  const status = await gateway.serverStatus("patient");
  return { told: [...told, ...after], after, status, ledger: [...first.ledger, ...second.ledger] };
}

describe("an HTTP backend that comes back", () => {
  for (const eras of [
    ["legacy", "legacy"],
    ["modern", "modern"],
    ["legacy", "modern"],
    ["modern", "legacy"],
  ] as const)
    faultCase(
      `F32 ${eras[0]} before and ${eras[1]} after its restart is understood, and no call is sent twice to find out`,
      async (level) => {
        const { told, after, status, ledger } = await replace(eras, level);
        expectHonest(told, ledger, false);
        expect(after.at(-1)?.error).toBeUndefined();
        expect(status.era).toBe(eras[1]);
      },
    );

  faultCase("F32 with other sessions is greeted again", async (level) => {
    const { told, after, ledger } = await replace(["legacy", "legacy"], level, [
      { sessions: ["a1"] },
      { sessions: ["b1", "b2"] },
    ]);
    expectHonest(told, ledger, false);
    expect(after.at(-1)?.error).toBeUndefined();
  });
});

faultCase("F33 a backend that offers other tools is believed, and what it no longer offers is told as such", async (level) => {
  const changing = [
    json({ resultType: "complete", tools: TOOLS }),
    json({ resultType: "complete", tools: [{ ...TOOLS[0], name: "new" }] }),
  ];
  await using patient = await startFlakyHttp("legacy", { on: { "tools/list": changing } });
  await using clinic = await openClinic({ url: patient.url });
  const { gateway } = clinic;
  await call(gateway, "patient/write");
  await gateway.manage("restart", "patient", { signal: new AbortController().signal });
  const calls = Math.max(1, level);
  const [gone, found] = await Promise.all([callMany(gateway, "patient/write", calls), callMany(gateway, "patient/new", calls)]);
  for (const { error } of gone) expect(error).toMatchObject({ code: "not_found", outcome: "not_executed" });
  expect(found.filter(({ error }) => error)).toEqual([]);
  expectHonest([...gone, ...found], patient.ledger, false);
});
