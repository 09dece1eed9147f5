import { expect, test } from "vitest";
import { measureStream } from "./artifact-stream.ts";

const bytes = 256 * 1024 * 1024;
/** A body that is held in memory anywhere would show as its size. */
const mostGrowthMiB = 96;

test.each(["file", "s3"] as const)(
  "256 MiB go into and out of a %s store with flat memory",
  async (store) => {
    const figures = await measureStream(bytes, store);
    expect(figures.intact).toBe(true);
    expect(figures.uploadGrowthMiB).toBeLessThan(mostGrowthMiB);
    expect(figures.downloadGrowthMiB).toBeLessThan(mostGrowthMiB);
  },
);
