import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { status } from "../../../../src/faces/cli/commands/status.ts";
import { serveOps } from "../../../../src/faces/ops/serve-ops.ts";
import { ownSocketPath } from "../../../../src/state/own-socket.ts";
import { entry, openHouse } from "../../../support/open-house.ts";
import { tempDir } from "../../state/temp-dir.ts";
import { runIn } from "./running.ts";

test.each([
  ["all of them", undefined, "Sallyport 0.0.0, up "],
  ["one server", "notes", "notes [stopped]"],
])("status of %s shows the gateways beside one whose answer cannot be read", async (_what, server, ours) => {
  const runtimeDir = await tempDir();
  const other = createServer((_request, response) => response.end('{"version":"9"}')).listen(ownSocketPath(runtimeDir, 1));
  await once(other, "listening");
  onTestFinished(() => void other.close());
  await using house = openHouse([entry("notes")], { runtimeDir });
  await using _ops = await serveOps(house.gateway, { socket: true, port: undefined });
  const { out } = await runIn(house, (context) => status(context, server));
  expect(out).toContain("metrics-1.sock\nIts answer cannot be read: it may be of another version\n");
  expect(out).toContain(`metrics-${process.pid}.sock\n${ours}`);
});
