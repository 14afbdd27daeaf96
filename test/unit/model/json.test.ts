import fc from "fast-check";
import { expect, test } from "vitest";
import { merged } from "../../../src/model/json.ts";

const object = fc.option(
  fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "__proto__", "1"), fc.string({ maxLength: 2 })), fc.jsonValue()),
  {
    nil: undefined,
  },
);

test("objects are merged as a spread would, foreign names included", () => {
  fc.assert(
    fc.property(object, object, object, (a, b, c) => {
      const all = merged(a, b, c);
      expect(Object.entries(all)).toEqual(Object.entries({ ...a, ...b, ...c }));
      expect(Object.getPrototypeOf(all)).toBe(Object.prototype);
    }),
  );
});
