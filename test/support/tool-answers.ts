import { isJsonObject, type JsonObject } from "../../src/model/json.ts";

/** An object, or a failure that shows what was there instead. */
export function objectOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error(`Expected an object, found ${JSON.stringify(value)}`);
  return value;
}

/** The answer as data. */
export const dataOf = (answer: JsonObject): JsonObject => objectOf(answer["structuredContent"]);

/** The error of a failed call as data; throws with the answer when the call did not fail. */
export function errorOf(answer: JsonObject): JsonObject {
  if (answer["isError"] !== true) throw new Error(`Expected a failure, found ${JSON.stringify(answer)}`);
  return objectOf(dataOf(answer)["error"]);
}

/** All text of an answer, block by block. */
export function textOf(answer: JsonObject): string {
  const content: readonly unknown[] = Array.isArray(answer["content"]) ? answer["content"] : [];
  return content.map((block) => String(objectOf(block)["text"] ?? "")).join("\n");
}
