import { expect, test } from "vitest";
import { keeperOfPath } from "./artifact-keeper.ts";
import { versionFolder } from "./version-folder.ts";

test("a file is its experiment's, its model's or its team's; what is elsewhere is the default team's", () => {
  const history = "0a1b2c3d-0000-4000-8000-00000000000f";
  expect(keeperOfPath("7/run/artifacts/a")).toEqual({ kind: "experiment", id: "7" });
  expect(keeperOfPath("007/a")).toEqual({ kind: "experiment", id: "7" });
  expect(keeperOfPath(`${versionFolder(history, 3)}/a`)).toEqual({ kind: "model-history", id: history });
  expect(keeperOfPath("teams/red/a")).toEqual({ kind: "team", id: "red" });
  expect(keeperOfPath("shared/a")).toEqual({ kind: "team", id: "default" });
});

test("the folders that hold those of all teams are nobody's", () => {
  for (const path of ["", "teams", "model-versions", "model-versions/x/1", "9".repeat(16)]) {
    expect(keeperOfPath(path), path).toBeNull();
  }
});
