import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveStackFile } from "./stack-file.plan.ts";

const config = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));

test("the effective config is the committed one with the salt of the data folder", () => {
  fc.assert(
    fc.property(config, fc.string(), (values, salt) => {
      expect(effectiveStackFile({ config: values }, salt, {})).toEqual({
        config: values,
        encryptionsalt: salt,
      });
    }),
  );
});

test("values from the command line win over committed ones", () => {
  const file = effectiveStackFile({ config: { "bedplate:dataDir": "a", "bedplate:port": 1 } }, undefined, {
    "bedplate:dataDir": "/b",
  });
  expect(file).toEqual({ config: { "bedplate:dataDir": "/b", "bedplate:port": 1 } });
});

test("a committed salt is left out where no secret depends on it", () => {
  const committed = { config: { "bedplate:port": 1 }, encryptionsalt: "old" };
  expect(effectiveStackFile(committed, "new", {}).encryptionsalt).toBe("new");
  expect(effectiveStackFile(committed, undefined, {}).encryptionsalt).toBeUndefined();
});

test("a committed salt stays where a secret depends on it, however deep", () => {
  const committed = { config: { "bedplate:a": { b: [{ secure: "v1:x" }] } }, encryptionsalt: "old" };
  expect(effectiveStackFile(committed, "new", {}).encryptionsalt).toBe("old");
});

test("what else the committed file says is kept", () => {
  expect(effectiveStackFile({ config: null, environment: ["e"] }, undefined, {})).toEqual({
    config: {},
    environment: ["e"],
  });
});
