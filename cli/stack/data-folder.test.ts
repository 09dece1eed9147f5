import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDataFolder } from "./data-folder.ts";

const foldersIn = (dataDir: string) => {
  const engineDir = join(dataDir, "engine");
  return { dataDir, engineDir, backendDir: engineDir };
};

test("the data folder is made with what it lies in, for its owner only", () => {
  const root = mkdtempSync(join(tmpdir(), "bedplate-data-"));
  const dataDir = join(root, "a", "b");
  makeDataFolder(foldersIn(dataDir));
  expect(statSync(join(dataDir, "engine")).mode & 0o777).toBe(0o700);
  rmSync(root, { recursive: true });
});

test.skipIf(process.platform !== "linux")("a folder that can never be made is a sentence, and soon", () => {
  const dataDir = "/proc/bedplate";
  expect(() => makeDataFolder(foldersIn(dataDir))).toThrow(
    /The data folder \/proc\/bedplate cannot be made .*choose another with --data-dir/,
  );
});
