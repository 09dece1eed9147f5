import type { Settings, TrainingJobSpec } from "@bedplate/contract";
import type { Identity } from "./identity.ts";
import { Problem } from "./problem.ts";

type Rules = Pick<Settings["dispatch"], "openToTeams" | "teamPrograms">;

/** Beginning of the only variables that a member of a team may set: others can make a program load what they name. */
const ownVariable = /^PARAM_/;

/**
 * Throws FORBIDDEN, with everything that is wrong, for a job that its submitter may not start. A job can read what the
 * service's account can, the administrator's token among it, so members of teams run only what the platform names.
 */
export function requireProgram(spec: TrainingJobSpec, { role, team, name }: Identity, rules: Rules): void {
  if (rules.openToTeams || (role === "admin" && team === null)) return;
  const { teamPrograms } = rules;
  if (teamPrograms.length === 0) {
    throw new Problem(
      "FORBIDDEN",
      `Jobs run under the service's own account and could read all that it can, so ${name} may only run programs that the platform names, and it names none: an administrator sets dispatch.teamPrograms.`,
    );
  }
  const problems = problemsOf(spec, teamPrograms);
  if (problems.length > 0) throw new Problem("FORBIDDEN", problems.join(" "), problems);
}

function problemsOf(spec: TrainingJobSpec, programs: readonly (readonly string[])[]): readonly string[] {
  const named = programs.some((words) => words.every((word, at) => spec.command[at] === word));
  const known = programs.map((words) => words.join(" ")).join("; ");
  const foreign = Object.keys(spec.environment).filter((variable) => !ownVariable.test(variable));
  return [
    ...(named
      ? []
      : [`command: members of teams may run ${known.slice(0, 1_000)}, with arguments behind it.`]),
    ...(spec.workingDirectory === "."
      ? []
      : ["workingDirectory: members of teams run programs in the program root; leave it out."]),
    ...foreign.map((variable) => `environment: ${variable} may not be set by members of teams; PARAM_… may.`),
  ];
}
