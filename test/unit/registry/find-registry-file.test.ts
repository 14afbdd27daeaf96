import { describe, expect, test } from "vitest";
import { findRegistryFile } from "../../../src/registry/find-registry-file.ts";

describe("findRegistryFile", () => {
  const env = { HOME: "/home/u" };
  const cwd = "/here/dir";

  test.each([
    ["the flag first", { flag: "/a.json", env: { ...env, SALLYPORT_REGISTRY: "/b.json" } }, "/a.json"],
    ["a relative flag in the working directory", { flag: "a.json", env }, "/here/dir/a.json"],
    ["then the environment", { env: { ...env, SALLYPORT_REGISTRY: "/b.json", XDG_CONFIG_HOME: "/xdg" } }, "/b.json"],
    ["a path at home that no shell has expanded", { env: { ...env, SALLYPORT_REGISTRY: "~/b.json" } }, "/home/u/b.json"],
    ["then XDG_CONFIG_HOME", { env: { ...env, XDG_CONFIG_HOME: "/xdg" } }, "/xdg/sallyport/registry.json"],
    [
      "and the config directory at home last",
      { env: { ...env, SALLYPORT_REGISTRY: "" } },
      "/home/u/.config/sallyport/registry.json",
    ],
  ])("takes %s", (_, places, file) => {
    expect(findRegistryFile({ ...places, cwd })).toBe(file);
  });
});
