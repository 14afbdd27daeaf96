import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { openGateway } from "../../src/gateway/open-gateway.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { call, callMany, expectHonest, type Told } from "./support/calls.ts";
import { startFlakyHttp } from "./support/flaky-http.ts";
import { eventually, faultCase, sideBySide } from "./support/levels.ts";
import type { Chance } from "./support/seed.ts";

sideBySide();

interface File {
  readonly path: string;
  readonly good: string;
}

/** What happens to the registry file, and how `status` calls its state then. */
const EDITS: Readonly<Record<string, { readonly edit: (file: File, chance: Chance) => Promise<void>; readonly state: string }>> =
  {
    "half-written": {
      edit: ({ path, good }, chance) => writeFile(path, good.slice(0, chance.between(5, good.length - 5))),
      state: "stale",
    },
    emptied: { edit: ({ path }) => writeFile(path, ""), state: "stale" },
    deleted: { edit: ({ path }) => rm(path), state: "stale" },
    "renamed away": { edit: ({ path }) => rename(path, `${path}.old`), state: "stale" },
    "made invalid": { edit: ({ path }) => writeFile(path, '{"mcpServers":{"patient":{"url":7}}}'), state: "stale" },
    "filled with bytes": {
      edit: ({ path }, chance) => writeFile(path, Buffer.alloc(chance.between(1, 9_999), 0xff)),
      state: "stale",
    },
    "replaced by rename": {
      edit: async ({ path, good }) => {
        await writeFile(`${path}.new`, good.replace('"tags":["a"]', '"tags":["b"]'));
        await rename(`${path}.new`, path);
      },
      state: "ok",
    },
  };

async function openHome(patient: string) {
  const dir = await mkdtemp(join(tmpdir(), "sp-registry-"));
  const path = join(dir, "registry.json");
  const other: JsonObject = { url: patient, tags: ["a"] };
  const good = JSON.stringify({ mcpServers: { patient: { url: patient, callTimeoutMs: 300_000 }, other } });
  await writeFile(path, good);
  const env = { PATH: process.env["PATH"], HOME: dir, SALLYPORT_STATE_DIR: join(dir, "state"), SALLYPORT_LOG: "silent" };
  const gateway = await openGateway({ registry: path, version: "0.0.0", env });
  return {
    gateway,
    file: { path, good },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

for (const [what, { edit, state }] of Object.entries(EDITS))
  faultCase(
    `F26 a registry that is ${what} under load fails no call, and its next good version is followed`,
    async (level, chance) => {
      await using patient = await startFlakyHttp("modern");
      await using home = await openHome(patient.url);
      const { gateway, file } = home;
      const told: Told[] = [await call(gateway, "patient/write")];
      patient.hold();
      const held = callMany(gateway, "patient/write", level);
      await edit(file, chance);
      await eventually(() => expect(gateway.registry.state).toBe(state));
      patient.recover();
      told.push(...(await held), ...(await callMany(gateway, "patient/write", Math.max(1, level))));
      await writeFile(file.path, file.good.replace('"other"', '"another"'));
      await eventually(async () => expect((await gateway.listServers()).map(({ server }) => server)).toContain("another"));
      told.push(await call(gateway, "patient/write"), await call(gateway, "another/write"));
      expect(told.filter(({ error }) => error)).toEqual([]);
      expectHonest(told, patient.ledger, false);
      expect(gateway.registry.state).toBe("ok");
    },
  );

faultCase(
  "F26 a registry that changes an entry under load loses no call: the old one finishes, the new one takes over",
  async (level) => {
    await using patient = await startFlakyHttp("modern");
    await using home = await openHome(patient.url);
    const { gateway, file } = home;
    const told: Told[] = [await call(gateway, "patient/write")];
    patient.hold();
    const held = callMany(gateway, "patient/write", level);
    await writeFile(file.path, file.good.replace("300000", "299000"));
    await eventually(async () => expect((await gateway.serverStatus("patient")).inFlight).toBe(0));
    patient.recover();
    told.push(...(await held), ...(await callMany(gateway, "patient/write", Math.max(1, level))));
    expect(told.filter(({ error }) => error)).toEqual([]);
    expectHonest(told, patient.ledger, false);
  },
);
