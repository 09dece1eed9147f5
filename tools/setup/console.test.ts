import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashFiles, sourcesIn } from "./console.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-console-"));
  for (const name of ["src", "dist", "node_modules"]) mkdirSync(join(folder, name));
  for (const name of ["b.ts", "src/a.ts", "dist/a.js", "node_modules/x.js"])
    writeFileSync(join(folder, name), name);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hash = () => hashFiles(folder, sourcesIn(folder));

test("sources are all files but built and installed ones", () => {
  expect(sourcesIn(folder).map((file) => relative(folder, file))).toEqual(["b.ts", "src/a.ts"]);
});

test("the hash follows names and contents of sources, and nothing else", () => {
  const before = hash();
  writeFileSync(join(folder, "dist/a.js"), "other");
  expect(hash()).toBe(before);
  writeFileSync(join(folder, "src/a.ts"), "other");
  expect(hash()).not.toBe(before);
});
