import { expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { describeWithPodman, image } from "./engine-suite.ts";
import { invoke, openGatewayHouse, untilContainers } from "./gateway-house.ts";
import { storm } from "./gateway-storm.ts";

const LONG = process.env["SALLYPORT_LONG"] === "1";
const SIZE = LONG ? { gateways: 10, callsEach: 200, kills: 100 } : { gateways: 10, callsEach: 40, kills: 10 };
const SERVERS = ["ant", "bee", "cat", "dog", "elk"];

describeWithPodman("ten gateways that are killed one after the other", () => {
  test(
    "have at most one container per server at any moment, lose no call of those that live, and leave nothing behind",
    async () => {
      const entry = (server: string): JsonObject => ({
        container: { image: image("http"), transport: "http", port: 3000 },
        env: { WHO: server },
      });
      const entries = Object.fromEntries(SERVERS.map((server) => [server, entry(server)]));
      await using house = await openGatewayHouse(entries);
      const report = await storm(house, SERVERS, SIZE);
      const containers = await house.containers();
      if (LONG) console.log(JSON.stringify({ ...report, containers: containers.length }, null, 2));
      expect(report).toMatchObject({ failed: [], doubles: [], zombies: [], kills: SIZE.kills });
      expect(report.answered).toBeGreaterThanOrEqual(SIZE.gateways * SIZE.callsEach);
      expect(containers).toHaveLength(SERVERS.length);
    },
    LONG ? 900_000 : 120_000,
  );

  test("leave no orphan once one more gateway has started, whose entries want none of them", async () => {
    const entry: JsonObject = { container: { image: image("http"), transport: "http", port: 3000 } };
    await using house = await openGatewayHouse({ box: entry, other: { ...entry, env: { A: "1" } } });
    const doomed = await Promise.all(Array.from({ length: 3 }, () => house.gateway()));
    for (const gateway of doomed) {
      await invoke(gateway, "box/echo");
      await invoke(gateway, "other/echo");
    }
    for (const gateway of doomed) gateway.child.kill("SIGKILL");
    await Promise.all(doomed.map((gateway) => gateway.exited));
    expect(await house.containers()).toHaveLength(2);
    await house.rewrite({ box: { ...entry, env: { A: "2" } } });
    await house.gateway();
    await untilContainers(house, 0);
  });
});
