import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NoGo } from "@bedplate/tools/cluster";
import { z } from "zod";
import { recordReference, referenceStacks } from "../golden/reference-stacks.ts";
import { isDataBearing } from "../support/data-bearing.ts";
import { openPreviewCluster, type PreviewCluster } from "../support/preview-workspace.ts";
import { engineState } from "./engine-state.ts";
import { type Harness, shownProblems } from "./harness.ts";
import { type ReleasedResource, readRelease } from "./release-state.ts";
import { graphProblems } from "./upgrade-graph.ts";

/** Stacks that the real engine previews: of the others one needs a platform that is up, and one is a machine. */
const previewed = ["dev-kubernetes", "prod-kubernetes"] as const;

/** Words of the engine for what does not leave a resource as it is, or change it in place. */
const ending = /replace|delete|discard/;
const previewAnswer = z.object({
  steps: z.array(z.object({ op: z.string(), urn: z.string() })).default([]),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string() })).nullish(),
});

/** One resource that holds data gets the name that it might have had before somebody renamed it and named no alias. */
function renameOne(released: readonly ReleasedResource[]): readonly ReleasedResource[] {
  const victim =
    released.find(({ type }) => type.endsWith(":Cluster")) ?? released.find((each) => isDataBearing(each));
  return released.map((each) =>
    each === victim ? { ...each, name: `${each.name}-old`, urn: `${each.urn}-old` } : each,
  );
}

/** What the real engine would do to the data of an earlier release, its state imported and today's program previewed. */
async function previewProblems(
  cluster: PreviewCluster,
  stack: (typeof previewed)[number],
  released: readonly ReleasedResource[],
): Promise<string[]> {
  const workspace = await cluster.open(stack);
  const state = join(workspace.folder, "release.json");
  const exported = (await workspace.run("stack", "export")).output;
  await writeFile(state, engineState(stack, exported, released));
  const imported = await workspace.run("stack", "import", "--file", state);
  if (imported.exitCode !== 0) return [`the state of the release cannot be imported: ${imported.output}`];
  const { exitCode, output } = await workspace.run("preview", "--json");
  const data = new Map(released.filter(isDataBearing).map((each) => [each.urn, each]));
  const text = output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1);
  const { steps, diagnostics } = previewAnswer.parse(text === "" ? {} : JSON.parse(text));
  const ended = steps.flatMap(({ op, urn }) => {
    const each = data.get(urn);
    return each !== undefined && ending.test(op)
      ? [`${each.type} ${each.name}: the engine would ${op} it`]
      : [];
  });
  if (ended.length > 0) return ended;
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  return exitCode === 0 ? [] : errors.map(({ message }) => `the engine refuses it: ${message.slice(0, 500)}`);
}

async function openCluster(): Promise<PreviewCluster | string> {
  try {
    return await openPreviewCluster();
  } catch (error) {
    if (error instanceof NoGo) return error.message;
    throw error;
  }
}

/**
 * Upgrade: what an earlier release made of each reference stack that holds data is neither replaced nor deleted, and
 * stays protected, under today's program: by the graph of its resources, and by the real engine's preview on a real API
 * server. The fault renames one such resource without an alias.
 */
export const verifyUpgrade: Harness = async ({ fault }) => {
  const problems: string[] = [];
  let judged = 0;
  const release = (stack: string) => {
    const { resources } = readRelease(stack);
    return fault ? renameOne(resources) : resources;
  };
  for (const stack of referenceStacks) {
    const released = release(stack);
    judged += released.filter(isDataBearing).length;
    problems.push(
      ...graphProblems(released, await recordReference(stack)).map((each) => `${stack}: ${each}`),
    );
  }
  const cluster = await openCluster();
  try {
    if (typeof cluster !== "string")
      for (const stack of previewed)
        problems.push(
          ...(await previewProblems(cluster, stack, release(stack))).map(
            (each) => `${stack}, previewed: ${each}`,
          ),
        );
  } finally {
    if (typeof cluster !== "string") await cluster.close();
  }
  return {
    pass: problems.length === 0,
    figure: judged,
    unit: "resources that hold data",
    goal: "none replaced or deleted",
    details: {
      commit: readRelease("prod-kubernetes").commit,
      stacks: referenceStacks.length,
      previewed: typeof cluster === "string" ? `none: ${cluster}` : previewed.join(", "),
      ended: problems.length,
    },
    problems: problems.slice(0, shownProblems),
  };
};
