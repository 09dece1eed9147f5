import { test } from "vitest";
import { assertNeverThrow, assertStackNeverThrow } from "../lib/never-throws.ts";
import { rules, stackRules } from "../rules/index.ts";

// `npm run -s verify -- S7 --full` shows them many times as many.
test("no rule throws, whatever the resource", () => assertNeverThrow(rules, 1_000));
test("no rule about a whole stack throws, whatever the resources", () =>
  assertStackNeverThrow(stackRules, 500));
