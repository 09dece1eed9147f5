import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeObjectFile } from "./object-file.ts";
import { createObjectMeter } from "./object-meter.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-object-file-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const pieces = Array.from({ length: 40 }, () => randomBytes(1_000));
const whole = Buffer.concat(pieces);

/** What all file handles share. */
async function handles(): Promise<FileHandle> {
  const handle = await open(folder);
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

test("the disk takes what was written while more arrives, and the whole at the end", async () => {
  const early = vi.spyOn(await handles(), "datasync");
  const last = vi.spyOn(await handles(), "sync");
  const meter = createObjectMeter(whole.length);
  const slowly = Readable.from(
    (async function* () {
      for (const piece of pieces) {
        yield piece;
        await new Promise(setImmediate);
      }
    })(),
  );
  await writeObjectFile(join(folder, "file"), slowly, meter, 10_000);
  expect(early.mock.calls.length).toBeGreaterThan(0);
  expect(early.mock.calls.length).toBeLessThanOrEqual(4);
  expect(last).toHaveBeenCalledTimes(1);
  expect(await readFile(join(folder, "file"))).toEqual(whole);
  const digest = createHash("sha256").update(whole).digest("hex");
  expect(meter.result()).toEqual({ digest, size: whole.length });
});

test("a flush that fails early is not forgotten by the one at the end", async () => {
  vi.spyOn(await handles(), "datasync").mockRejectedValueOnce(new Error("EIO"));
  const writing = writeObjectFile(
    join(folder, "file"),
    Readable.from(pieces),
    createObjectMeter(1e6),
    10_000,
  );
  await expect(writing).rejects.toThrow("EIO");
});

test("content that fails before the file is there leaves a file that can be removed", async () => {
  const broken = new Readable({ read() {} });
  broken.destroy(new Error("connection lost"));
  const writing = writeObjectFile(join(folder, "file"), broken, createObjectMeter(1e6));
  await expect(writing).rejects.toThrow();
  await rm(join(folder, "file"), { force: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await readdir(folder)).toEqual([]);
});

test("a file that is there is never written over", async () => {
  const write = () => writeObjectFile(join(folder, "file"), Readable.from(pieces), createObjectMeter(1e6));
  await write();
  await expect(write()).rejects.toMatchObject({ code: "EEXIST" });
});

test("a disk that takes only a part of the bytes makes the upload fail", () => {
  // The system's limit on the size of a file, 16 blocks of 512 bytes, takes a part of a write and refuses the next.
  const program = `
    import { Readable } from "node:stream";
    import { writeObjectFile } from "${join(import.meta.dirname, "object-file.ts")}";
    import { createObjectMeter } from "${join(import.meta.dirname, "object-meter.ts")}";
    await writeObjectFile("file", Readable.from([Buffer.alloc(5000), Buffer.alloc(5000)]), createObjectMeter(1e6))
      .then(() => console.log("stored"), ({ code }) => console.log(code));`;
  const shell = 'trap "" XFSZ; ulimit -f 16; exec "$0" --input-type=module --eval "$1"';
  const args = ["-c", shell, process.execPath, program];
  const { stdout } = spawnSync("sh", args, { cwd: folder, encoding: "utf8" });
  expect(stdout.trim()).toBe("EFBIG");
});
