import { GatewayError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";

const MOST_KEYS = 20;
const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** The part of a JSON value a pointer (RFC 6901) names: `/items/0/name`. Throws `invalid_argument` and says what is there instead. */
export function selectJson(value: unknown, pointer: string): unknown {
  if (!pointer.startsWith("/"))
    throw badPointer(`expected a JSON Pointer such as "/items/0/name", found ${JSON.stringify(pointer.slice(0, 80))}`);
  let found = value;
  let path = "";
  for (const token of pointer.slice(1).split("/").map(unescaped)) {
    const next = step(found, token);
    if (next === undefined) throw badPointer(`nothing at "${path}/${token}": ${contents(found, path)}`);
    found = next.value;
    path += `/${token}`;
  }
  return found;
}

const unescaped = (token: string): string => token.replaceAll("~1", "/").replaceAll("~0", "~");

function step(value: unknown, token: string): { readonly value: unknown } | undefined {
  if (Array.isArray(value))
    return INDEX.test(token) && Number(token) < value.length ? { value: value[Number(token)] } : undefined;
  return isJsonObject(value) && Object.hasOwn(value, token) ? { value: value[token] } : undefined;
}

function contents(value: unknown, path: string): string {
  const place = path === "" ? "the whole" : `"${path}"`;
  if (Array.isArray(value)) return `${place} is a list of ${value.length}`;
  if (!isJsonObject(value)) return `${place} is ${value === null ? "null" : `a ${typeof value}`}`;
  const keys = Object.keys(value);
  const more = keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : "";
  return `${place} has ${keys.length === 0 ? "no keys" : `the keys ${keys.slice(0, MOST_KEYS).join(", ")}${more}`}`;
}

const badPointer = (found: string): GatewayError => new GatewayError("invalid_argument", `select: ${found}`);
