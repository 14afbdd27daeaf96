import { afterEach, beforeEach } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { testRuntimeDriver } from "../conformance/runtime-driver.ts";
import { describeWithPodman, image, podman } from "./engine-suite.ts";
import { type Harbour, openHarbour, specOf } from "./harbour.ts";

const KINDS: readonly (readonly [string, JsonObject, string])[] = [
  ["HTTP", { image: image("http"), transport: "http", port: 3000 }, "http fixture up"],
  ["pipes", { image: image("stdio") }, "stdio fixture up"],
];

describeWithPodman("the driver for containers", () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour[Symbol.asyncDispose]());

  for (const [way, container, line] of KINDS)
    testRuntimeDriver(`container over ${way}`, () => harbour.gateway().driver, {
      lasting: () => specOf("box", { container }),
      logging: { spec: () => specOf("box", { container }), line },
      kill: async ({ facts }) => {
        await podman("kill", String(facts["container"]));
      },
      leftovers: () => harbour.containers(),
    });
});
