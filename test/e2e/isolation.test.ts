import { expect, test } from "vitest";
import { isolation } from "../../scripts/bench/scenarios/isolation.ts";

test("nineteen servers answer every call while the twentieth is hung, slow, flapping or pushing back", async () => {
  const { rows } = await isolation(1, 500);
  expect(rows.map((row) => row["the 20th"])).toEqual(["well", "hang", "late_25s", "flapping", "pushback_429"]);
  for (const row of rows) expect(row).toMatchObject({ "answered %": "100.000" });
}, 150_000);
