import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtVersion, isUsable, minimumVersion, readVersion, usableVersions } from "./version.ts";

test("versions from the minimum on are usable, up to the next major one", () => {
  expect(isUsable(minimumVersion)).toBe(true);
  expect(isUsable("3.999.0")).toBe(true);
  expect(isUsable("3.258.9")).toBe(false);
  expect(isUsable("4.0.0")).toBe(false);
});

test("what the engine prints as its version is read, whatever surrounds it", () => {
  expect(readVersion("v3.259.0\n")).toBe("3.259.0");
  expect(readVersion("3.259.0")).toBe("3.259.0");
  expect(readVersion("command not found")).toBeUndefined();
});

test("the newest usable version comes first and other folders are passed over", () => {
  const names = ["3.259.0", ".3.300.0-abc", "3.300.1", "3.31.0", "latest", "v3.260.0", "4.1.0"];
  expect(usableVersions(names)).toEqual(["3.300.1", "3.259.0"]);
});

test("the version that a build claims is the one that go.mod pins", () => {
  const modules = readFileSync(join(import.meta.dirname, "go.mod"), "utf8");
  expect(modules).toContain(`github.com/pulumi/pulumi/pkg/v3 v${builtVersion} `);
});
