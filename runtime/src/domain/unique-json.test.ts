import fc from "fast-check";
import { expect, test } from "vitest";
import { parseUniqueJson } from "./unique-json.ts";

test("any JSON value is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parseUniqueJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"b":{"c":[{"d":1,"d":2}]}}',
  '{"aud":1,"\\u0061ud":2}',
  '{"a\\"":1 , "a\\u0022" :2}',
  `${"[".repeat(33)}${"]".repeat(33)}`,
  '{"a":1',
])("%s is refused", (text) => {
  expect(() => parseUniqueJson(text)).toThrow(SyntaxError);
});

test("the same name in two objects, or as a value, is no second one", () => {
  expect(parseUniqueJson('{"a":{"a":"a"},"b":[{"a":"a:"},{"a":"\\"a\\":"}]}')).toBeTypeOf("object");
});
