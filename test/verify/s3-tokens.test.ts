import { expect, test } from "vitest";
import { verifyTokens } from "./s3-tokens.ts";

const brief = { seed: 3, full: false, fault: false, database: "pglite" } as const;

test("S3: forged tokens are refused and good ones are not, and the harness sees a forger's key", async () => {
  expect(await verifyTokens(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyTokens({ ...brief, fault: true })).toMatchObject({ pass: false });
});
