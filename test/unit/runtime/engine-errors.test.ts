import { expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { isFault, refusedBy, unreachable } from "../../../src/runtime/engine-errors.ts";

test.each([
  [409, 'Conflict. The container name "/a" is already in use by container "b"', "name_in_use"],
  [500, 'creating container storage: the container name "a" is already in use by b: that name is already in use', "name_in_use"],
  [500, 'container create: name "a" is in use: container already exists', "name_in_use"],
  [409, "renaming container b: name a already in use, cannot rename container b: container already exists", "name_in_use"],
  [404, "No such image: mcp/none:latest", "no_image"],
  [404, "no such image: localhost/none:1: image not known", "no_image"],
  [404, 'no container with name or ID "a" found: no such container', "no_container"],
  [
    500,
    "driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated",
    "port_in_use",
  ],
  [500, "cannot listen on the TCP port: listen tcp4 127.0.0.1:35325: bind: address already in use", "port_in_use"],
  [500, "write /var/lib/docker/x: no space left on device", "disk_full"],
  [500, "container create: container-init binary not found on the host: stat /no/such/init", "no_init"],
  [409, "Container a is not paused", "refused"],
])("%i with %j is the fault it is in either engine's words", (status, message, fault) => {
  const error = refusedBy("create container", status, JSON.stringify({ cause: "x", message }));
  expect(error).toMatchObject({ fault, httpStatus: status, message: expect.stringContaining(message) });
  expect(isFault(GatewayError.from(error), "gone")).toBe(false);
});

test("an answer that is no JSON is quoted on one line and cut", () => {
  const { message } = refusedBy("start the container", 502, `<html>\n${"x".repeat(5_000)}`);
  expect(message).toMatch(/^Container engine refused to start the container: <html> x+$/);
  expect(message.length).toBeLessThan(1_100);
});

test.each([
  ["EACCES", "denied", "permission denied", "usermod"],
  ["ENOENT", "gone", "ENOENT", "Start the engine"],
  ["ECONNREFUSED", "gone", "ECONNREFUSED", "Start the engine"],
])("a socket that fails with %s is %s, with what to do", (code, fault, said, hint) => {
  const error = unreachable("/run/x.sock", Object.assign(new Error("connect"), { code }));
  expect(error).toMatchObject({
    fault,
    code: "unavailable",
    message: expect.stringContaining(said),
    hint: expect.stringContaining(hint),
  });
});
