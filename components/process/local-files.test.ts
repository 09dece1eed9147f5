import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderKeeper } from "./folder-keeper.ts";
import { secretCopier } from "./secret-copier.ts";
import { secretKeeper } from "./secret-keeper.ts";

const labels = { owner: "me" };
let root: string;
const mode = (path: string) => statSync(path).mode & 0o777;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bedplate-files-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const reasons = async (checked: Promise<{ reason: string }[]>) =>
  (await checked).map(({ reason }) => reason).join();

describe("a folder", () => {
  const versioned = (path: string) => ({ path, layoutVersion: 1, layout: ["engine", "sql"], labels });

  test("is made for its owner alone and is then unchanged", async () => {
    const { state } = await folderKeeper.create(versioned(join(root, "a", "b")));
    expect(mode(state.path)).toBe(0o700);
    expect(readFileSync(join(state.path, "version"), "utf8")).toBe("1\n");
    expect(await folderKeeper.diff(state, versioned(state.path))).toBe(false);
    expect(await folderKeeper.check(state, versioned(state.path))).toEqual([]);
    expect(await folderKeeper.read(state)).toEqual(state);
  });

  test("that was removed by hand is gone", async () => {
    const { state } = await folderKeeper.create({ path: join(root, "a"), labels });
    rmSync(state.path, { recursive: true });
    expect(await folderKeeper.read(state)).toBeUndefined();
    expect(await folderKeeper.diff(state, state)).toBe(true);
  });

  test("keeps what is in it when it is deleted, and goes away when it is empty", async () => {
    const { state: full } = await folderKeeper.create({ path: join(root, "full"), labels });
    const { state: empty } = await folderKeeper.create({ path: join(root, "empty"), labels });
    writeFileSync(join(full.path, "data"), "");
    await folderKeeper.delete(full);
    await folderKeeper.delete(empty);
    expect([existsSync(join(full.path, "data")), existsSync(empty.path)]).toEqual([true, false]);
  });

  test("with what an earlier start left is taken", async () => {
    mkdirSync(join(root, "engine"));
    expect(await folderKeeper.check({}, versioned(root))).toEqual([]);
  });

  test.each([
    ["is a relative path", "data", "must be an absolute path"],
    ["lies below a file", "<root>/file/data", "is a file"],
    ["holds other things", "<root>/foreign", "holds other things (holiday.jpg)"],
    ["has another layout version", "<root>/newer", 'has layout version "2" and this release works with 1'],
  ])("that %s is refused in one sentence", async (_what, path, reason) => {
    writeFileSync(join(root, "file"), "");
    mkdirSync(join(root, "foreign"));
    writeFileSync(join(root, "foreign", "holiday.jpg"), "");
    mkdirSync(join(root, "newer"));
    writeFileSync(join(root, "newer", "version"), "2\n");
    const given = path.replace("<root>", root);
    const failures = await reasons(folderKeeper.check({}, versioned(given)));
    expect(failures).toContain(reason);
    expect(failures).not.toContain("\n");
  });
});

// Root may write anywhere.
test.skipIf(process.getuid?.() === 0)("a folder below one that cannot be written is refused", async () => {
  mkdirSync(join(root, "closed"), { mode: 0o500 });
  const failures = await reasons(folderKeeper.check({}, { path: join(root, "closed", "data"), labels }));
  expect(failures).toContain("closed is not writable (EACCES)");
});

test("a folder that cannot be made although it looked as if says why", async () => {
  await expect(folderKeeper.create({ path: `${root}/${"x".repeat(300)}`, labels })).rejects.toThrow(
    /^the folder .* cannot be made \(ENAMETOOLONG\)/,
  );
});

describe("a secret file", () => {
  const settings = (path: string, retain = false) => ({ path, bytes: 32, retain, labels });

  test("is 32 random bytes for its owner alone, and no part of the state", async () => {
    const { state } = await secretKeeper.create(settings(join(root, "secrets", "token")));
    const secret = readFileSync(state.path, "utf8").trim();
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect([mode(state.path), mode(join(root, "secrets"))]).toEqual([0o600, 0o700]);
    expect(JSON.stringify(state)).not.toContain(secret);
    expect(await secretKeeper.diff(state, settings(state.path))).toBe(false);
  });

  test("that is there is kept, and closed to others", async () => {
    const path = join(root, "token");
    writeFileSync(path, "a-secret-of-the-user\n");
    chmodSync(path, 0o644);
    await secretKeeper.create(settings(path));
    expect([readFileSync(path, "utf8"), mode(path)]).toEqual(["a-secret-of-the-user\n", 0o600]);
  });

  test.each([
    ["a folder", (path: string) => mkdirSync(path), "is not a file"],
    ["empty", (path: string) => writeFileSync(path, ""), "does not hold one line"],
    ["short", (path: string) => writeFileSync(path, "abc"), "does not hold one line"],
    ["binary", (path: string) => writeFileSync(path, Buffer.alloc(64)), "does not hold one line"],
  ])("that is %s is refused in one sentence and left as it is", async (_what, make, reason) => {
    const path = join(root, "token");
    make(path);
    expect(await reasons(secretKeeper.check({}, settings(path)))).toContain(reason);
    await expect(secretKeeper.create(settings(path))).rejects.toThrow(reason);
  });

  test("outlives its resource only when it is told to", async () => {
    for (const retain of [true, false]) {
      const { state } = await secretKeeper.create(settings(join(root, `retain-${retain}`), retain));
      await secretKeeper.delete(state);
      expect(existsSync(state.path)).toBe(retain);
    }
  });
});

describe("a copy of a secret", () => {
  const settings = (value: string) => ({ path: join(root, "secrets", "url"), value, labels });

  test("is for its owner alone, is rewritten when the secret changes, and goes away", async () => {
    const { state } = await secretCopier.create(settings("postgres://one"));
    expect([readFileSync(state.path, "utf8"), mode(state.path)]).toEqual(["postgres://one\n", 0o600]);
    expect(JSON.stringify(state)).not.toContain("one");
    expect(await secretCopier.diff(state, settings("postgres://one"))).toBe(false);
    expect(await secretCopier.diff(state, settings("postgres://two"))).toBe(true);
    const next = await secretCopier.update(state, settings("postgres://two"));
    expect(readFileSync(next.path, "utf8")).toBe("postgres://two\n");
    await secretCopier.delete(next);
    expect(existsSync(next.path)).toBe(false);
  });
});
