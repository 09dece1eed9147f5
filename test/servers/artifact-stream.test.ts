import { expect, test } from "vitest";
import { measureStream } from "./artifact-stream.ts";
import { bucketKinds } from "./buckets.ts";

const bytes = 256 * 1024 * 1024;
/** A body that is held in memory anywhere would show as its size. */
const mostGrowthMiB = 96;

for (const { kind, title, lacking } of [
  { kind: "file" as const, title: "a folder", lacking: false },
  ...bucketKinds,
]) {
  test.skipIf(lacking)(`256 MiB go in and out with flat memory: ${title}`, async () => {
    const figures = await measureStream(bytes, kind);
    expect(figures.intact).toBe(true);
    expect(figures.uploadGrowthMiB).toBeLessThan(mostGrowthMiB);
    expect(figures.downloadGrowthMiB).toBeLessThan(mostGrowthMiB);
  });
}
