import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAdminToken } from "./admin-token.ts";

let folder = "";
let file = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-token-"));
  file = join(folder, "admin-token");
});
afterEach(() => rm(folder, { recursive: true }));

test("a private token file is read without the line's end", async () => {
  await writeFile(file, `${"a".repeat(43)}\n`, { mode: 0o600 });
  expect(await readAdminToken(file)).toBe("a".repeat(43));
});

test("a file that others may read, a short token and a missing file are refused, each with its cure", async () => {
  await expect(readAdminToken(file)).rejects.toThrow(/ENOENT.*delete it/);
  await writeFile(file, "a".repeat(43), { mode: 0o600 });
  await chmod(file, 0o644);
  await expect(readAdminToken(file)).rejects.toThrow(/chmod 600/);
  await writeFile(file, "short");
  await chmod(file, 0o600);
  await expect(readAdminToken(file)).rejects.toThrow(/holds 5 characters/);
});
