import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { secretGenerator } from "./secret-generator.ts";

const labels = { "bedplate.dev/owner": "me" };

describe("generated secrets", () => {
  test("parts are random, as long as asked for, and keys are keys", async () => {
    const settings = { generate: { password: 24, signing: "ec-p256" as const }, labels };
    const [{ state: one }, { state: other }] = await Promise.all([
      secretGenerator.create(settings),
      secretGenerator.create(settings),
    ]);
    expect(Buffer.from(one.values.password ?? "", "base64url")).toHaveLength(24);
    expect(one.values.password).not.toBe(other.values.password);
    expect(createPrivateKey(one.values.signing ?? "").asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  });

  test("a part that joins leaves the others as they are, one that goes is gone", async () => {
    const { state } = await secretGenerator.create({ generate: { a: 24, b: 24 }, labels });
    const wanted = { generate: { a: 24, c: 24 }, labels };
    expect(await secretGenerator.diff(state, wanted)).toBe(true);
    const after = await secretGenerator.update(state, wanted);
    expect(after.values.a).toBe(state.values.a);
    expect(Object.keys(after.values)).toEqual(["a", "c"]);
    expect(await secretGenerator.diff(after, { generate: { c: 24, a: 24 }, labels })).toBe(false);
  });

  test("fewer than 12 random bytes are refused", async () => {
    const failures = await secretGenerator.check({}, { generate: { short: 8 }, labels });
    expect(failures).toEqual([{ property: "generate", reason: "short has 8 random bytes, fewer than 12" }]);
  });
});
