import fc from "fast-check";
import { expect, test } from "vitest";
import { claimOf, idempotencyKeyLength, parseIdempotencyKey } from "./idempotency-key.ts";

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 60,
});

test("a key is the same with quotes, as the draft has it, and without, as most clients send it", () => {
  fc.assert(
    fc.property(visible, (key) => {
      const quoted = `"${key.replaceAll(/["\\]/g, "\\$&")}"`;
      expect(parseIdempotencyKey(quoted)).toBe(key);
      if (!key.includes('"')) expect(parseIdempotencyKey(key)).toBe(key);
    }),
  );
  expect(parseIdempotencyKey('"two words"')).toBe("two words");
});

test("what is no key is refused with what it may be, and never read as some other key", () => {
  const long = "k".repeat(idempotencyKeyLength);
  expect(parseIdempotencyKey(long)).toBe(long);
  for (const bad of [
    "",
    '""',
    `${long}k`,
    "a, b",
    "two words",
    '"open',
    'a"b',
    '"a";p=1',
    "schlüssel",
    "a\tb",
  ]) {
    expect(() => parseIdempotencyKey(bad), bad).toThrow(/1 to 255 visible ASCII characters/);
  }
});

test("claims are equal exactly when owner, route and key are, and fingerprints when the content is too", () => {
  const name = fc.constantFrom("a", "b", 'a","b', "a b");
  const request = fc.record({ owner: name, route: name, key: name, content: fc.jsonValue({ maxDepth: 2 }) });
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  fc.assert(
    fc.property(request, request, (a, b) => {
      const [first, second] = [claimOf(a), claimOf(b)];
      const named = same([a.owner, a.route, a.key], [b.owner, b.route, b.key]);
      expect(first.hash === second.hash).toBe(named);
      if (named && same(a.content, b.content)) expect(second.fingerprint).toBe(first.fingerprint);
    }),
  );
  const content = { name: "x", tags: [{ key: "a", value: "1" }] };
  const of = (said: unknown, key = "k") =>
    claimOf({ owner: "o", route: "r", key, content: said }).fingerprint;
  expect(of({ tags: [{ value: "1", key: "a" }], name: "x" })).toBe(of(content));
  expect(of({ ...content, name: "y" })).not.toBe(of(content));
  expect(of(content, "l")).not.toBe(of(content));
});
