import { describe, expect, test } from "vitest";
import { peekEnvelope, peekTrailingId } from "../../../src/wire/peek-envelope.ts";

describe("peekEnvelope()", () => {
  test.each([
    ['{"id":1,"method":"a",', { shape: "request", id: 1 }],
    ['{"id":1,"result":{', { shape: "response", id: 1 }],
    ['{"id":1,"error":{', { shape: "response", id: 1 }],
    ['{"id":1,"params":{', { shape: "unknown", id: 1 }],
    ['{"params":{"id":1,"method":"a","result":2}', { shape: "unknown", id: null }],
    ['[{"id":1,"method":"a"', { shape: "unknown", id: null }],
    ['{"a":[{"b":1}],"id":2,', { shape: "unknown", id: 2 }],
    ['{"a":"method","b":"id"', { shape: "unknown", id: null }],
    ['"id":1,', { shape: "unknown", id: null }],
    ['{"id" \t\r\n: \t\r\n 1 ,', { shape: "unknown", id: 1 }],
    ['{"ident":1,"results":2,"methods":3,', { shape: "unknown", id: null }],
    ['{"id","method","result":1', { shape: "response", id: null }],
    ['{"id":"a\\"b",', { shape: "unknown", id: 'a"b' }],
    ['{"id":"a\\q",', { shape: "unknown", id: null }],
    ['{"id":1.5,', { shape: "unknown", id: null }],
    ['{"id":12', { shape: "unknown", id: null }],
    ['{"id":-3}', { shape: "unknown", id: -3 }],
    ['{"id":1,"id":2,', { shape: "unknown", id: 2 }],
    ["", { shape: "unknown", id: null }],
  ])("%s tells %o", (text, peek) => {
    expect(peekEnvelope(Buffer.from(text))).toStrictEqual(peek);
  });

  test("an id of 2,000 bytes is found, one that goes on for longer is not", () => {
    const idOf = (text: string) => peekEnvelope(Buffer.from(`{"id":"${text}",`)).id;
    expect(idOf("x".repeat(1_000))).toBe("x".repeat(1_000));
    expect(idOf("\u00e4".repeat(1_000))).toBe("\u00e4".repeat(1_000));
    expect(idOf("\u00e4".repeat(1_024))).toBeNull();
  });
});

describe("peekTrailingId()", () => {
  test.each([
    ['x","id":7}', 7],
    ['x" , "id" : "seven" } \n', "seven"],
    ['{"id":7}', 7],
    ['"id":7}', null],
    ['"id":7,"a":1}', null],
    ['"params":{"a":{"id":7}}}', null],
    [',"id":"\u00e4"}', "\u00e4"],
    [',"id":7', null],
    ["", null],
  ])("%s ends in the id %s", (tail, id) => {
    expect(peekTrailingId(Buffer.from(tail))).toBe(id);
  });
});
