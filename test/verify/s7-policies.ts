import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readManifests } from "@bedplate/cli/policy/manifests.ts";
import { mutants, type PodCase } from "@bedplate/policies/corpus/pod-case.ts";
import { baselineCases } from "@bedplate/policies/corpus/pss-baseline.ts";
import { restrictedCases } from "@bedplate/policies/corpus/pss-restricted.ts";
import type { ResourceView, Rule } from "@bedplate/policies/lib/rule.ts";
import { podWorkloads } from "@bedplate/policies/lib/rule-cases.ts";
import { rules } from "@bedplate/policies/rules/index.ts";
import { type Harness, shownProblems } from "./harness.ts";

/** Kubernetes' own checks, whose module carries pods that they must take and pods that they must refuse. */
const module = "k8s.io/pod-security-admission@v0.37.0";
const version = "v1.37";
const levels = { baseline: ["pss-baseline"], restricted: ["pss-baseline", "pss-restricted"] };
const downloadTimeoutMs = 120_000;

/** A verdict that is not what it must be, in a sentence. */
type Wrong = string;

/**
 * S7: the rules about pods give Kubernetes' verdict on its own fixtures, and catch each mutation of our corpus in every
 * kind of workload and every list of containers. The fixtures come from the Go module proxy; without Go they are left
 * out, and the details say so. The fault takes the newest check away, which peers lack.
 */
export const verifyPolicies: Harness = async ({ full, fault }) => {
  const judging = fault ? rules.filter(({ id }) => id !== "pss-baseline-host-probes") : rules;
  const fixtures = full ? judgeFixtures(judging) : null;
  const corpus = judgeCorpus(judging);
  const wrong = [...(fixtures?.wrong ?? []), ...corpus.wrong];
  return {
    pass: wrong.length === 0,
    figure: wrong.length,
    unit: "wrong verdicts",
    goal: "0; the fixtures 148 of 148",
    details: {
      corpus: corpus.cases,
      fixtures: fixtures?.cases ?? (full ? "no Go to fetch them with" : "only with --full"),
    },
    problems: wrong.slice(0, shownProblems),
  };
};

const breaks = (judging: readonly Rule[], view: ResourceView) =>
  judging.some((rule) => rule.violations(view).length > 0);

function judgeCorpus(judging: readonly Rule[]): { cases: number; wrong: readonly Wrong[] } {
  const wrong: Wrong[] = [];
  let cases = 0;
  const look = (id: string, one: PodCase, bad: boolean) => {
    for (const [kind, make] of Object.entries(podWorkloads)) {
      for (const pod of mutants(one)) {
        cases++;
        const own = judging.filter((rule) => rule.id === id);
        if (breaks(own, make(pod)) !== bad)
          wrong.push(`${id}: a ${kind} that ${one.what} is ${bad ? "taken" : "refused"}`);
      }
    }
  };
  for (const [id, { bad, good }] of Object.entries({ ...baselineCases, ...restrictedCases })) {
    for (const one of bad) look(id, one, true);
    for (const one of good) look(id, one, false);
  }
  return { cases, wrong };
}

function judgeFixtures(judging: readonly Rule[]): { cases: number; wrong: readonly Wrong[] } | null {
  const folder = moduleFolder();
  if (folder === null) return null;
  const wrong: Wrong[] = [];
  let cases = 0;
  for (const [level, groups] of Object.entries(levels)) {
    const own = judging.filter(({ group }) => groups.includes(group));
    for (const verdict of ["pass", "fail"]) {
      const at = join(folder, "test/testdata", level, version, verdict);
      for (const name of readdirSync(at)) {
        cases++;
        const broken = readManifests(join(at, name)).some(({ view }) => breaks(own, view));
        if (broken !== (verdict === "fail"))
          wrong.push(`${level}: ${verdict}/${name} is ${broken ? "refused" : "taken"}`);
      }
    }
  }
  return { cases, wrong };
}

function moduleFolder(): string | null {
  const { status, stdout } = spawnSync("go", ["mod", "download", "-json", module], {
    encoding: "utf8",
    timeout: downloadTimeoutMs,
    env: { ...process.env, GOFLAGS: "-mod=mod" },
  });
  return status === 0 ? JSON.parse(stdout).Dir : null;
}
