import { expect, test } from "vitest";
import { readLabels, scopeOf, servingName, writeLabels } from "../../../src/runtime/container-labels.ts";

const labels = {
  server: "git",
  configHash: "abc",
  scope: "s1",
  replica: 0,
  gateway: "g1",
  transport: "http",
  port: "80",
  files: "",
} as const;

test("labels are read as they were written, and nobody else's are taken for ours", () => {
  expect(readLabels(writeLabels(labels))).toEqual(labels);
  expect(readLabels(undefined)).toBeUndefined();
  expect(readLabels({ "io.sallyport.managed": "true" })).toBeUndefined();
  expect(readLabels({ ...writeLabels(labels), "io.sallyport.managed": "false" })).toBeUndefined();
  expect(readLabels({ ...writeLabels(labels), "io.sallyport.transport": "pigeon" })).toBeUndefined();
  expect(readLabels({ ...writeLabels(labels), "io.sallyport.replica": "x" })).toBeUndefined();
});

test("gateways of one scope share a name per entry; another scope, entry or gateway with pipes has its own", () => {
  const name = servingName(labels);
  expect(name).toMatch(/^sallyport-git-[0-9a-f]{8}$/);
  expect(servingName({ ...labels, gateway: "g2" })).toBe(name);
  const others = [{ configHash: "abd" }, { scope: "s2" }, { server: "got" }, { transport: "stdio" as const }];
  for (const other of others) expect(servingName({ ...labels, ...other })).not.toBe(name);
  expect(servingName({ ...labels, transport: "stdio" })).toMatch(/-g1$/);
  expect(servingName({ ...labels, replica: 2 })).toBe(`${name}-r2`);
  expect(scopeOf("/run/user/1/sallyport")).not.toBe(scopeOf("/run/user/2/sallyport"));
});

test("any server id gives a name that engines accept", () => {
  expect(servingName({ ...labels, server: "a b/ü:😀" })).toMatch(/^[a-zA-Z0-9][\w.-]+$/);
});
