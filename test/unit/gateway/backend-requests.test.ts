import { expect, test } from "vitest";
import { untilAborted } from "../../support/fake-backend.ts";
import { caller, entry, openHouse } from "../../support/open-house.ts";

function openDocs(over = {}) {
  const house = openHouse([entry("docs", over)]);
  house.backend("docs").capabilities = { resources: {}, prompts: {} };
  return house;
}

test("a request is passed on with its parameters, and its answer as it came", async () => {
  await using house = openDocs();
  const answer = { resources: [{ uri: "a", "x-unknown": 1 }], "x-more": null };
  house.backend("docs").answering = async (method, params) => (method === "resources/list" ? { ...answer, params } : {});
  const meta = { traceparent: "00-1" };
  expect(await house.gateway.request("docs", "resources/list", { cursor: "2" }, caller({ meta }))).toEqual({
    ...answer,
    params: { cursor: "2", _meta: meta },
  });
});

test("a modern server is told what the host can do, a legacy one is not", async () => {
  await using house = openDocs();
  const heard: unknown[] = [];
  house.backend("docs").answering = async (method, { _meta }) => {
    if (method === "prompts/get") heard.push(_meta);
    return {};
  };
  const asks = caller({ hostCapabilities: { elicitation: {} } });
  await house.gateway.request("docs", "prompts/get", { name: "a" }, asks);
  await house.gateway.manage("stop", "docs", asks);
  house.backend("docs").era = "modern";
  await house.gateway.request("docs", "prompts/get", { name: "a" }, asks);
  expect(heard).toEqual([undefined, { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } }]);
});

test("a server that offers no such thing is not asked; the error says what it does offer", async () => {
  await using house = openDocs();
  house.backend("docs").capabilities = { tools: {}, prompts: {} };
  await expect(house.gateway.request("docs", "resources/read", { uri: "a" }, caller())).rejects.toMatchObject({
    code: "not_found",
    message: 'Server "docs" offers no resources',
    hint: expect.stringContaining("tools, prompts"),
  });
  expect(house.backend("docs").ledger).not.toContain("resources/read");
});

test("the deadline covers start and answer", async () => {
  await using house = openDocs({ callTimeoutMs: 1_000 });
  house.backend("docs").answering = (_method, _params, { signal }) => untilAborted(signal);
  const late = house.gateway.request("docs", "prompts/list", {}, caller()).catch((error: unknown) => error);
  await house.clock.advance(11_000);
  expect(await late).toMatchObject({ code: "deadline_exceeded", message: '"docs" did not answer prompts/list within 11 s' });
});

test("the deadline counts from the moment the request came", async () => {
  await using house = openDocs({ callTimeoutMs: 1_000 });
  house.backend("docs").answering = (_method, _params, { signal }) => untilAborted(signal);
  await house.clock.advance(5_000);
  let ended = false;
  const asked = house.gateway.request("docs", "prompts/list", {}, caller({ since: house.clock.now() - 4_000 }));
  const late = asked
    .catch((error: unknown) => error)
    .finally(() => {
      ended = true;
    });
  await house.clock.advance(6_999);
  expect(ended).toBe(false);
  await house.clock.advance(1);
  expect(await late).toMatchObject({ code: "deadline_exceeded" });
});

test("a server that is switched off is not started for it", async () => {
  await using house = openDocs({ enabled: false });
  await expect(house.gateway.request("docs", "prompts/list", {}, caller())).rejects.toMatchObject({ code: "permission_denied" });
  expect(house.backend("docs").ledger).toEqual([]);
});
