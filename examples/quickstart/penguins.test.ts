import { expect, test } from "vitest";
import { loadPenguins, parseCsv, species, split, toPenguins } from "./penguins.ts";

test("the shipped table has the published counts and means", async () => {
  const penguins = await loadPenguins();
  expect(penguins).toHaveLength(342);
  const counts = species.map((_, kind) => penguins.filter((penguin) => penguin.species === kind).length);
  expect(counts).toEqual([151, 68, 123]);
  const means = [0, 1, 2, 3].map(
    (at) => penguins.reduce((total, { features }) => total + (features[at] ?? 0), 0) / penguins.length,
  );
  expect(means.map((mean) => Number(mean.toFixed(2)))).toEqual([43.92, 17.15, 200.92, 4201.75]);
});

test("a quarter of every species is held out, and nothing is lost or twice", async () => {
  const penguins = await loadPenguins();
  const { learn, heldOut } = split(penguins, 1);
  expect(new Set([...learn, ...heldOut]).size).toBe(penguins.length);
  expect(learn.length + heldOut.length).toBe(penguins.length);
  for (const kind of species.keys()) {
    const of = (part: typeof learn) => part.filter((penguin) => penguin.species === kind).length;
    expect(of(heldOut)).toBe(Math.round((of(learn) + of(heldOut)) / 4));
  }
});

test("the same seed splits the same way, another seed another way", async () => {
  const penguins = await loadPenguins();
  expect(split(penguins, 3)).toEqual(split(penguins, 3));
  expect(split(penguins, 3)).not.toEqual(split(penguins, 4));
});

test("a table is read by its header, whatever the line ends", () => {
  expect(parseCsv("a,b\r\n1,2\r\n3,\r\n")).toEqual([
    { a: "1", b: "2" },
    { a: "3", b: "" },
  ]);
});

test("a ragged line and a quoted field are refused with their reason", () => {
  expect(() => parseCsv("a,b\n1,2\n3\n")).toThrow("Line 3 has 1 fields, the header has 2.");
  expect(() => parseCsv('a\n"1"\n')).toThrow("quoted fields");
});

test("a row that was not measured is left out, a broken one is refused", () => {
  const row = {
    species: "Gentoo",
    bill_length_mm: "47.5",
    bill_depth_mm: "15",
    flipper_length_mm: "218",
    body_mass_g: "4950",
  };
  expect(toPenguins([row, { ...row, body_mass_g: "NA" }])).toEqual([
    { features: [47.5, 15, 218, 4950], species: 2 },
  ]);
  expect(() => toPenguins([{ ...row, body_mass_g: "heavy" }])).toThrow("not a measured penguin");
  expect(() => toPenguins([{ ...row, species: "Emperor" }])).toThrow("not a measured penguin");
});
