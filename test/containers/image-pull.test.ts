import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../support/command-line.ts";
import { describeWithPodman, image, podman } from "./engine-suite.ts";
import { type GatewayHouse, invoke, openGatewayHouse } from "./gateway-house.ts";
import { type ImageRegistry, openImageRegistry } from "./image-registry.ts";

describeWithPodman("an image that is not there yet", () => {
  let registry: ImageRegistry;
  let house: GatewayHouse;

  const open = (fields: object = {}) => {
    const container = { image: registry.image, transport: "http", port: 3000, ...fields };
    return openGatewayHouse({ box: { container } }, { engine: registry.engine });
  };
  const isThere = () =>
    podman("image", "exists", registry.image).then(
      () => true,
      () => false,
    );

  beforeEach(async () => {
    registry = await openImageRegistry(image("http"));
  });
  afterEach(async () => {
    await house?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  test("is not pulled by a call, which says how to get it", async () => {
    house = await open();
    const gateway = await house.gateway();
    const { error } = await invoke(gateway, "box/echo", { text: "a" });
    expect(error).toMatchObject({ code: "start_failed", hint: expect.stringContaining("sallyport pull box") });
    expect(await isThere()).toBe(false);
  });

  test("is pulled by the command, after which calls work", async () => {
    house = await open();
    const { code, err } = await runCommand(house.home, ["pull", "box"]);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await isThere()).toBe(true);
    expect(await invoke(await house.gateway(), "box/echo", { text: "a" })).toMatchObject({ text: "a" });
  });

  test("is pulled by manage start, with progress", async () => {
    house = await open();
    const gateway = await house.gateway();
    const params = { name: "manage", arguments: { action: "start", server: "box" }, _meta: { progressToken: "pulling" } };
    await gateway.request("tools/call", params);
    const said = gateway.notifications.map((message) => JSON.stringify(message["params"] ?? {}));
    expect(said.filter((line) => line.includes("pulling") && line.includes("pull"))).not.toHaveLength(0);
    expect(await invoke(gateway, "box/echo", { text: "a" })).toMatchObject({ text: "a" });
  });

  test("is pulled by a call where the entry says so", async () => {
    house = await open({ pull: "missing" });
    expect(await invoke(await house.gateway(), "box/echo", { text: "a" })).toMatchObject({ text: "a" });
  });
});
