import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { exportLine, shellQuote } from "./shell-quote.plan.ts";

test("a shell reads back every quoted word unchanged", () => {
  const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellQuote).join(" ")}`;
      const read = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
      expect(read).toEqual(words.map((text) => Buffer.from(text).toString()));
    }),
    { numRuns: 30 },
  );
});

test("an export line sets a variable whose value holds quotes and newlines", () => {
  const script = `${exportLine("VALUE", "it's\n$HOME `x`")}\nprintf %s "$VALUE"`;
  expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe("it's\n$HOME `x`");
});
