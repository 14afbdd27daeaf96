import { fileURLToPath } from "node:url";
import { createGatewayHome } from "../../test/support/gateway-home.ts";
import { startBridge } from "./bridge.ts";
import { SERVER, translate } from "./facade.ts";
import { startFixture } from "./fixture/start-fixture.ts";
import { runInspector } from "./inspector.ts";
import { type Outcome, runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenarios.ts";
import type { Suite } from "./suite.ts";

/** How many scenarios run side by side. */
const LANES = 3;
/** The suite takes a command line for a shell. */
const DRIVER = [
  "--command",
  [process.execPath, ...process.execArgv, fileURLToPath(new URL("client-driver.ts", import.meta.url))]
    .map((part) => `"${part}"`)
    .join(" "),
];

/** Runs every scenario, a few at a time; the outcomes come in the order of the scenarios. */
export async function runAll(suite: Suite, scenarios: readonly Scenario[]): Promise<readonly Outcome[]> {
  await using fixture = await startFixture();
  await using home = await createGatewayHome({ mcpServers: { [SERVER]: { url: fixture.url } } });
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    // a bridge of its own, since the requests of two scenarios have the same ids and progress tokens
    await using plain = await startBridge(home, () => undefined);
    await using facade = await startBridge(home, translate);
    for (let index = next++; index < scenarios.length; index = next++) {
      const scenario = scenarios[index] as Scenario;
      const server = scenario.half === "facade" ? facade : plain;
      const target = scenario.half === "client" ? DRIVER : ["--url", server.url];
      outcomes[index] =
        scenario.half === "inspector" ? await runInspector(suite, scenario, home) : await runScenario(suite, scenario, target);
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
  return outcomes;
}
