import { trainingJobSpec } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { administratorIdentity, personOf } from "./identity.ts";
import { Problem } from "./problem.ts";
import { requireProgram } from "./team-programs.ts";

const ann = personOf({ name: "ann", via: "token", role: "contributor", team: "red" });
const named = { openToTeams: false, teamPrograms: [["node", "jobs/train.ts"], ["jobs/tune"]] };

function problemsOf(job: object, who = ann, rules: Parameters<typeof requireProgram>[2] = named) {
  try {
    requireProgram(trainingJobSpec.parse({ name: "j", command: ["node"], ...job }), who, rules);
    return [];
  } catch (error) {
    if (error instanceof Problem && error.code === "FORBIDDEN") return error.problems;
    throw error;
  }
}

test("a member of a team runs what the platform names, with arguments and parameters of their own", () => {
  const environment = { PARAM_EPOCHS: "3" };
  expect(problemsOf({ command: ["node", "jobs/train.ts", "--lr", "1"], environment })).toEqual([]);
  expect(problemsOf({ command: ["jobs/tune"] })).toEqual([]);
});

test.each([
  ["the program without its script", { command: ["node"] }],
  ["another script", { command: ["node", "jobs/../evil.ts"] }],
  ["an option before the script", { command: ["node", "--import=./evil.ts", "jobs/train.ts"] }],
  ["another spelling", { command: ["./jobs/tune"] }],
  ["another folder", { command: ["jobs/tune"], workingDirectory: "other" }],
  ["a variable that loads code", { command: ["jobs/tune"], environment: { NODE_OPTIONS: "--import=x" } }],
  ["a library", { command: ["jobs/tune"], environment: { LD_PRELOAD: "x" } }],
  ["another path", { command: ["jobs/tune"], environment: { PATH: "." } }],
])("%s is refused", (_, job) => {
  expect(problemsOf(job)).toHaveLength(1);
});

test("everything that is wrong is said at once", () => {
  const job = { command: ["sh"], workingDirectory: "x", environment: { PATH: "x", HOME: "y", PARAM_A: "z" } };
  expect(problemsOf(job)).toHaveLength(4);
});

test("where nothing is named nobody of a team runs anything, whatever they ask for", () => {
  const words = fc.array(fc.constantFrom("node", "jobs/tune", "-e", "", "x"), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(words, (command) => {
      const spec = trainingJobSpec.parse({ name: "j", command });
      const rules = { openToTeams: false, teamPrograms: [] };
      expect(() => requireProgram(spec, ann, rules)).toThrow("dispatch.teamPrograms");
    }),
  );
});

test("an administrator of the platform, and everybody where that is set, runs anything", () => {
  expect(problemsOf({ command: ["sh"] }, administratorIdentity)).toEqual([]);
  expect(problemsOf({ command: ["sh"] }, ann, { openToTeams: true, teamPrograms: [] })).toEqual([]);
  const lead = personOf({ name: "lead", via: "token", role: "admin", team: "red" });
  expect(problemsOf({ command: ["sh"] }, lead)).toHaveLength(1);
  const operator = personOf({ name: "op", via: "token", role: "operator", team: null });
  expect(problemsOf({ command: ["sh"] }, operator)).toHaveLength(1);
});
