import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWithPodman, image } from "./engine-suite.ts";
import { type Harbour, openHarbour } from "./harbour.ts";
import { callTool } from "./talk.ts";

describeWithPodman("replicas of one entry", () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour[Symbol.asyncDispose]());

  const entry = { container: { image: image("http"), transport: "http", port: 3000 } };
  const pipes = { container: { image: image("stdio"), network: "none" } };
  const nameOf = (workload: { facts: Record<string, unknown> } | undefined) => String(workload?.facts["container"]);

  test("are containers of their own, each shared with the other gateways and stopped by the last that uses it", async () => {
    const [one, two] = [harbour.gateway(), harbour.gateway()];
    const boxes = await Promise.all([0, 1].map((replica) => one.launch(entry, { replica })));
    const same = await Promise.all([0, 1].map((replica) => two.launch(entry, { replica })));
    expect(same.map(nameOf)).toEqual(boxes.map(nameOf));
    expect([...(await harbour.containers())].sort()).toEqual([nameOf(boxes[0]), `${nameOf(boxes[0])}-r1`]);
    await Promise.all([boxes[0], boxes[1], same[1]].map((box) => box?.[Symbol.asyncDispose]()));
    expect(await harbour.containers()).toEqual([nameOf(boxes[0])]);
    expect(await Promise.all(same.slice(0, 1).map((box) => callTool(box, "echo", { text: "here" })))).toEqual(["here"]);
  });

  test("are known by their label as being in use, each by its own leases", async () => {
    const gateway = harbour.gateway();
    await Promise.all([0, 1].map((replica) => gateway.launch(entry, { replica })));
    const steps = await harbour.gateway().orphans.planCollection(new Set());
    expect(steps.map(({ verdict, container }) => [verdict, container.labels.replica]).sort()).toEqual([
      ["in_use", 0],
      ["in_use", 1],
    ]);
  });

  test("that speak over their pipes have a name each, too", async () => {
    const gateway = harbour.gateway();
    const boxes = await Promise.all([0, 1].map((replica) => gateway.launch(pipes, { replica })));
    expect(new Set(boxes.map(nameOf)).size).toBe(2);
    expect(await harbour.containers()).toHaveLength(2);
  });
});
