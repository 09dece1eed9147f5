import { expect, test } from "vitest";
import { layOut } from "./prediction.ts";

const label = { name: "label", datatype: "INT64", shape: [2], data: [1, 0] } as const;
const chances = { name: "p", datatype: "FP32", shape: [2, 2], data: [0.1, 0.9, 0.8, 0.2] } as const;

test("outputs lie beside each other, a row for each input row", () => {
  expect(layOut([label, chances])).toEqual({
    columns: ["label", "p[0]", "p[1]"],
    rows: [
      [1, 0.1, 0.9],
      [0, 0.8, 0.2],
    ],
    left: null,
  });
});

test("a scalar is one cell, and no output no table", () => {
  expect(layOut([{ name: "y", datatype: "FP32", shape: [], data: [3] }])).toMatchObject({
    columns: ["y"],
    rows: [[3]],
  });
  expect(layOut([])).toEqual({ columns: [], rows: [], left: null });
});

test("what is too much to read is counted instead", () => {
  const wide = { name: "w", datatype: "FP32", shape: [60, 20], data: Array(1200).fill(0) } as const;
  const table = layOut([wide]);
  expect(table.columns).toHaveLength(12);
  expect(table.rows).toHaveLength(50);
  expect(table.left).toBe("10 more rows, 8 more values of w");
});
