import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the shipped table has the published counts and ranges", async () => {
  const text = await readFile(join(import.meta.dirname, "breast-cancer.csv"), "utf8");
  const [header = [], ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  expect(header).toHaveLength(31);
  expect(rows).toHaveLength(569);
  expect(rows.filter((row) => row.at(-1) === "malignant")).toHaveLength(212);
  expect(rows.filter((row) => row.at(-1) === "benign")).toHaveLength(357);
  const range = (name: string) => {
    const values = rows.map((row) => Number(row[header.indexOf(name)]));
    return [Math.min(...values), Math.max(...values)];
  };
  expect(range("radius_mean")).toEqual([6.981, 28.11]);
  expect(range("area_worst")).toEqual([185.2, 4254]);
});
