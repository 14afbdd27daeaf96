// A gateway process of its own that launches the entries it is given and then waits to be killed.
// Arguments: runtime directory, nonce, entries as JSON by id. Says each workload's container on stdout.

import { createContainerDriver } from "../../src/runtime/container.ts";
import { EngineConnector } from "../../src/runtime/engine-connector.ts";
import { FileLeaseBook } from "../../src/state/leases.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { specOf } from "./harbour.ts";

const [runtimeDir = "", gatewayNonce = "", entries = "{}"] = process.argv.slice(2);
const engines = new EngineConnector({ clock, runtimeDir, preferred: "podman" });
const leases = new FileLeaseBook({ directory: runtimeDir, gatewayNonce, clock });
const driver = createContainerDriver({ clock, engines, leases, runtimeDir, gatewayNonce });
const names: unknown[] = [];
for (const [id, fields] of Object.entries<Record<string, unknown>>(JSON.parse(entries))) {
  const workload = await driver.launch({
    spec: specOf(id, fields),
    replica: 0,
    signal: new AbortController().signal,
    report: () => {},
  });
  names.push(workload.facts["container"]);
}
const { facts } = await engines.engine();
process.stdout.write(`${JSON.stringify({ names, engine: facts.socketPath })}\n`);
