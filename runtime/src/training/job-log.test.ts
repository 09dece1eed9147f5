import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLog } from "./job-log.ts";

let folder = "";
let path = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-log-"));
  path = join(folder, "log.txt");
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string, tail?: number) {
  await writeFile(path, content);
  const { content: stream, skipped } = await openLog(path, tail);
  return { text: await text(stream), skipped };
}

test("the end of a log is whole lines, as many as fit, and says what comes before", async () => {
  expect(await read("one\ntwo\nthree\n", 9)).toEqual({ text: "three\n", skipped: 8 });
  expect(await read("one\ntwo\nthree\n", 10)).toEqual({ text: "two\nthree\n", skipped: 4 });
  expect(await read("one\ntwo\nthree\n")).toEqual({ text: "one\ntwo\nthree\n", skipped: 0 });
  expect(await read("täää", 4)).toEqual({ text: "ää", skipped: 3 });
  expect(await openLog(join(folder, "none"), 10)).toMatchObject({ skipped: 0 });
});

test("whatever was written, the end is an end of it, begins where a line does, and is as long as it may be", async () => {
  const line = fc
    .string({ unit: "binary", maxLength: 12 })
    .map((one) => one.replaceAll("\n", " ").toWellFormed());
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }),
      fc.integer({ min: 1, max: 80 }),
      async (lines, tail) => {
        const all = Buffer.from(lines.map((one) => `${one}\n`).join(""));
        const end = await read(all.toString(), tail);
        expect(end.text).toBe(all.subarray(end.skipped).toString());
        expect(all.length - end.skipped).toBeLessThanOrEqual(Math.max(tail, 0));
        const starts = [0, ...[...all.keys()].filter((at) => all[at] === 10).map((at) => at + 1)];
        const fitting = starts.find((at) => all.length - at <= tail && at < all.length);
        if (fitting !== undefined) expect(end.skipped).toBe(fitting);
      },
    ),
    { numRuns: 60 },
  );
});
