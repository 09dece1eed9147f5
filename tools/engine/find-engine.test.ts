import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findInstalledEngine } from "./find-engine.ts";
import { publishEngine } from "./publish-engine.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-find-"));
  vi.stubEnv("PULUMI_HOME", join(folder, "home"));
  vi.stubEnv("PATH", ["/usr/bin", "/bin"].join(":"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that only tells a version. */
function fakeEngine(bin: string, version: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "pulumi"), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
}

test("an engine on PATH with its own language host wins over fetched ones", async () => {
  fakeEngine(join(folder, "home/versions/3.300.0/bin"), "3.300.0");
  fakeEngine(join(folder, "bin"), "3.270.0");
  writeFileSync(join(folder, "bin/pulumi-language-nodejs"), "", { mode: 0o755 });
  vi.stubEnv("PATH", `${join(folder, "bin")}:/usr/bin:/bin`);
  expect(await findInstalledEngine()).toMatchObject({ source: "path", version: "3.270.0" });
});

test("engines that are too old, have no language host or are shims of npm packages are passed over", async () => {
  fakeEngine(join(folder, "old"), "3.1.0");
  writeFileSync(join(folder, "old/pulumi-language-nodejs"), "", { mode: 0o755 });
  fakeEngine(join(folder, "node_modules/.bin"), "3.270.0");
  fakeEngine(join(folder, "bare"), "3.270.0");
  const search = ["node_modules/.bin", "bare", "old"].map((name) => join(folder, name));
  vi.stubEnv("PATH", [search[0], search[1], "/usr/bin", "/bin"].join(":"));
  expect(await findInstalledEngine()).toBeUndefined();
  vi.stubEnv("PATH", [search[2], "/usr/bin", "/bin"].join(":"));
  expect(await findInstalledEngine()).toBeUndefined();
});

test("a fetched engine without a language host gets ours beside it, and keeps one that it came with", async () => {
  const bin = join(folder, "home/versions/3.300.0/bin");
  fakeEngine(bin, "3.300.0");
  expect(await findInstalledEngine()).toMatchObject({ source: "cache", command: join(bin, "pulumi") });
  expect(readFileSync(join(bin, "pulumi-language-nodejs"), "utf8")).toContain("tools/engine/language-host");
  writeFileSync(join(bin, "pulumi-language-nodejs"), "official");
  await findInstalledEngine();
  expect(readFileSync(join(bin, "pulumi-language-nodejs"), "utf8")).toBe("official");
});

test("of two engines made at once one is published, whole, and nothing else is left", async () => {
  const make = async (root: string) => {
    mkdirSync(join(root, "bin"));
    await writeFile(join(root, "bin/pulumi"), "engine");
  };
  const made = await Promise.all([1, 2, 3].map(() => publishEngine(folder, "3.300.0", make)));
  expect(new Set(made.map(({ command }) => command)).size).toBe(1);
  expect(readFileSync(join(folder, "3.300.0/bin/pulumi"), "utf8")).toBe("engine");
  expect(await readdir(folder)).toEqual(["3.300.0"]);
});

test("an engine that cannot be made leaves nothing", async () => {
  const fail = () => Promise.reject(new Error("no room"));
  await expect(publishEngine(folder, "3.300.0", fail)).rejects.toThrow("no room");
  expect(existsSync(join(folder, "3.300.0"))).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});
