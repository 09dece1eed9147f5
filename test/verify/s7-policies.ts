import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readManifests } from "@bedplate/cli/policy/manifests.ts";
import { corpusParameters } from "@bedplate/policies/corpus/cloud-kinds.ts";
import { mutants, type PodCase } from "@bedplate/policies/corpus/pod-case.ts";
import { baselineCases } from "@bedplate/policies/corpus/pss-baseline.ts";
import { restrictedCases } from "@bedplate/policies/corpus/pss-restricted.ts";
import { insecure, secure } from "@bedplate/policies/corpus/random.ts";
import { assertNeverThrow, assertStackNeverThrow } from "@bedplate/policies/lib/never-throws.ts";
import type { ResourceView, Rule } from "@bedplate/policies/lib/rule.ts";
import { podWorkloads } from "@bedplate/policies/lib/rule-cases.ts";
import { rules, stackRules } from "@bedplate/policies/rules/index.ts";
import { installCrds, NoGo, startCluster } from "@bedplate/tools/cluster";
import fc from "fast-check";
import {
  compareTwins,
  forgetEphemeralContainers,
  installTwins,
  type TwinResult,
} from "../support/admission-twin.ts";
import { type Harness, shownProblems } from "./harness.ts";

/** Kubernetes' own checks, whose module carries pods that they must take and pods that they must refuse. */
const module = "k8s.io/pod-security-admission@v0.37.0";
const version = "v1.37";
const levels = { baseline: ["pss-baseline"], restricted: ["pss-baseline", "pss-restricted"] };
const downloadTimeoutMs = 120_000;

/** A verdict that is not what it must be, in a sentence. */
type Wrong = string;

/** How many random resources each form draws. */
const draws = {
  brief: { mutations: 1_000, throws: 200 },
  full: { mutations: 10_000, throws: 20_000 },
};

/**
 * S7: the rules about pods give Kubernetes' verdict on its own fixtures, and catch each mutation of our corpus in every
 * kind of workload and every list of containers; random insecure changes are caught, good resources accepted, and no
 * rule throws. With `--full` the API server judges the corpus too, by the same rules, and must say the same. The
 * fixtures and the API server come from the Go module proxy; without Go they are left out, and the details say so. The
 * fault takes the newest check away, which peers lack, and lets the API server forget ephemeral containers.
 */
export const verifyPolicies: Harness = async ({ seed, full, fault }) => {
  const judging = fault ? rules.filter(({ id }) => id !== "pss-baseline-host-probes") : rules;
  const { mutations, throws } = full ? draws.full : draws.brief;
  const fixtures = full ? judgeFixtures(judging) : null;
  const twins = full ? await judgeTwins(fault) : null;
  const corpus = judgeCorpus(judging);
  const random = judgeRandom(judging, seed, mutations);
  assertNeverThrow(judging, throws, seed);
  assertStackNeverThrow(stackRules, throws / 2, seed);
  const wrong = [...(fixtures?.wrong ?? []), ...(twins?.wrong ?? []), ...corpus.wrong, ...random];
  const missing = full ? "no Go to fetch them with" : "only with --full";
  return {
    pass: wrong.length === 0,
    figure: wrong.length,
    unit: "wrong verdicts",
    goal: "0; the fixtures 148 of 148",
    details: {
      corpus: corpus.cases,
      mutations,
      throws,
      fixtures: fixtures?.cases ?? missing,
      admission: twins?.judged ?? missing,
      refusedByTheApi: twins?.refused ?? missing,
      notInKubernetes: twins?.impossible ?? missing,
    },
    problems: wrong.slice(0, shownProblems),
  };
};

/** One insecure change of something good must be caught by its rule, and something good by none. */
function judgeRandom(judging: readonly Rule[], seed: number, numRuns: number): readonly Wrong[] {
  const violates = (rule: Rule, view: ResourceView) => rule.violations(view, corpusParameters).length > 0;
  const missed = fc.check(
    fc.property(insecure, ({ rule, view }) => judging.some((one) => one.id === rule && violates(one, view))),
    { seed, numRuns },
  );
  const refused = fc.check(
    fc.property(
      secure,
      (view) => !judging.some((rule) => rule.admission !== undefined && violates(rule, view)),
    ),
    { seed, numRuns },
  );
  return [
    ...(missed.counterexample ?? []).map(({ rule, what }) => `${rule}: ${what} is taken`),
    ...(refused.counterexample ?? []).map((view) => `${JSON.stringify(view)} is refused`),
  ];
}

async function judgeTwins(fault: boolean): Promise<TwinResult | null> {
  const cluster = await startCluster({ onProgress: console.error }).catch((error: unknown) => {
    if (error instanceof NoGo) return null;
    throw error;
  });
  if (cluster === null) return null;
  try {
    await installCrds(cluster, ["gateway-api"]);
    await installTwins(cluster, fault ? forgetEphemeralContainers : undefined);
    return await compareTwins(cluster);
  } finally {
    await cluster.stop();
  }
}

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
