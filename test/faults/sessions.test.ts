import { expect } from "vitest";
import { type Behaviour, json, type Recorded, rpcError, status } from "../support/scripted-http.ts";
import { callMany, expectHonest } from "./support/calls.ts";
import { GOOD, TOOLS } from "./support/flaky-http.ts";
import { faultCase, sideBySide } from "./support/levels.ts";
import { expectOthersUnaffected, openHttpClinic, untilInFlight } from "./support/ward.ts";

sideBySide();

const SESSIONS = ["s1", "s2", "s3", "s4"];
const FORGOTTEN: Readonly<Record<string, Behaviour>> = {
  "a bare 404": status(404, {}, "Not Found"),
  "404 and a JSON-RPC error of another id": rpcError(404, -32_001, "Session not found", null),
  "400 and a word about the session": status(400, {}, "Bad Request: unknown session"),
};
const sessionOf = ({ headers }: Recorded): string => String(headers["mcp-session-id"]);

for (const [how, refusal] of Object.entries(FORGOTTEN)) {
  faultCase(
    `F8 a legacy backend that forgot its session and says so by ${how} is greeted once more, and every call sent once`,
    async (level) => {
      await using clinic = await openHttpClinic("legacy", { sessions: SESSIONS });
      const { patient, gateway } = clinic;
      const calls = Math.max(1, level);
      const forgetful: Behaviour = (request, response) => {
        if (sessionOf(request) === "s1") refusal(request, response);
        else json(GOOD)(request, response);
      };
      patient.hold();
      const answers = callMany(gateway, "patient/write", calls);
      await untilInFlight(clinic, calls);
      patient.fall({ runs: false, answer: forgetful });
      const told = await answers;
      await expectOthersUnaffected(clinic);
      expect(told.filter(({ error }) => error)).toEqual([]);
      expect(patient.http.of("initialize"), "one greeting for all").toHaveLength(2);
      const sent = patient.http.of("tools/call").filter((request) => sessionOf(request) === "s2");
      expect(sent.length).toBe(calls);
    },
  );

  faultCase(
    `F8 a legacy backend that forgets every session at once, and says so by ${how}, fails the call and is not asked for ever`,
    async (level) => {
      await using clinic = await openHttpClinic("legacy", { sessions: SESSIONS });
      const { patient, gateway } = clinic;
      const calls = Math.max(1, level);
      patient.fall({ runs: false, answer: refusal });
      const told = await callMany(gateway, "patient/write", calls);
      expectHonest(told, patient.ledger, false);
      for (const { error } of told) expect(error).toMatchObject({ code: "upstream_rejected", outcome: "not_executed" });
      expect(patient.http.of("tools/call").length).toBeLessThanOrEqual(1 + 2 * calls);
      expect((await gateway.serverStatus("patient")).figures.trips).toBe(0);
    },
  );
}

faultCase("F8 a legacy backend that cannot begin a new session fails the call as not executed", async (level) => {
  const serverInfo = { name: "forgetful", version: "1.0.0" };
  const greeting = { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo };
  const initialize = [json(greeting, { "mcp-session-id": "s1" }), status(500)];
  const on = { initialize, "tools/list": json({ tools: TOOLS }) };
  await using clinic = await openHttpClinic("legacy", { on });
  const { patient, gateway } = clinic;
  patient.fall({ runs: false, answer: status(404) });
  const told = await callMany(gateway, "patient/write", Math.max(1, level));
  for (const { error } of told) expect(error).toMatchObject({ outcome: "not_executed" });
  expectHonest(told, patient.ledger, false);
});
