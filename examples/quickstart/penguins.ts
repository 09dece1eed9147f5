import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "./http.ts";
import { seededRandom, shuffled } from "./random.ts";

/** The columns that the model learns from, in the order in which it wants them. */
export const features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"] as const;

/** What it tells apart; a class is an index into this list. */
export const species = ["Adelie", "Chinstrap", "Gentoo"] as const;

const speciesNames: readonly string[] = species;

/** The seed of the split and of the training: the year in which the data were published. */
export const splitSeed = 2014;

/** One measured penguin: its features in order, and its species as an index. */
export interface Penguin {
  readonly features: readonly number[];
  readonly species: number;
}

/** Reads a comma-separated table with a header line into one record a row. Quotes and ragged rows are refused. */
export function parseCsv(text: string): Record<string, string>[] {
  if (text.includes('"')) throw new Failure("The table has quoted fields, which this reader does not know.");
  const [header = "", ...lines] = text.replaceAll("\r", "").trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line, at) => {
    const values = line.split(",");
    if (values.length !== names.length) {
      throw new Failure(`Line ${at + 2} has ${values.length} fields, the header has ${names.length}.`);
    }
    return Object.fromEntries(names.map((name, column) => [name, values[column] ?? ""]));
  });
}

/** Turns rows into penguins; those that were not measured ("NA") are left out. */
export function toPenguins(rows: readonly Record<string, string>[]): Penguin[] {
  const measured = rows.filter((row) => features.every((name) => row[name] !== "NA"));
  return measured.map((row) => {
    const values = features.map((name) => Number(row[name]));
    const kind = speciesNames.indexOf(row.species ?? "");
    if (kind < 0 || !values.every(Number.isFinite)) {
      throw new Failure(`This row is not a measured penguin: ${JSON.stringify(row)}.`);
    }
    return { features: values, species: kind };
  });
}

/** The part to learn from and the part that is held out to judge by. */
export interface Split {
  readonly learn: readonly Penguin[];
  readonly heldOut: readonly Penguin[];
}

/** Holds out a quarter of every species. The same seed gives the same split. */
export function split(penguins: readonly Penguin[], seed: number): Split {
  const random = seededRandom(seed);
  const learn: Penguin[] = [];
  const heldOut: Penguin[] = [];
  for (const kind of species.keys()) {
    const mixed = shuffled(
      penguins.filter((penguin) => penguin.species === kind),
      random,
    );
    const quarter = Math.round(mixed.length / 4);
    heldOut.push(...mixed.slice(0, quarter));
    learn.push(...mixed.slice(quarter));
  }
  return { learn, heldOut };
}

/** All penguins of the table beside this file that were measured. */
export async function loadPenguins(): Promise<Penguin[]> {
  return toPenguins(parseCsv(await readFile(join(import.meta.dirname, "penguins.csv"), "utf8")));
}
