import { type ClusterPlatformOutputs, clusterPlatformOutputs } from "@bedplate/contract";
import { z } from "zod";
import { askEngine } from "../engine/engine-run.ts";
import { openEngine } from "../engine/session.ts";
import { hasState } from "../engine/state.ts";
import { Problem } from "../problem.ts";
import { start } from "../stack/platform.ts";
import type { ClusterStack } from "../stack/stack.ts";

/** What a team's stack says of itself. */
const teamOutputs = z.object({
  version: z.literal(1),
  team: z.string(),
  namespace: z.string(),
  platform: z.string(),
});
export type TeamOutputs = z.infer<typeof teamOutputs>;

/** What the outputs of a stack in a cluster say. Throws a `Problem` where it was never brought up to its end. */
export async function readClusterOutputs(stack: ClusterStack): Promise<ClusterPlatformOutputs | TeamOutputs> {
  const nothing = new Problem(
    `Nothing is there of the stack ${stack.name} (state in ${stack.backendDir}); ${start(stack)} brings it up.`,
  );
  if (!hasState(stack)) throw nothing;
  const session = await openEngine(stack);
  const told = await askEngine(session, ["stack", "output", "--json", "--stack", stack.name]);
  const outputs = z.union([clusterPlatformOutputs, teamOutputs]).safeParse(JSON.parse(told));
  if (!outputs.success) throw nothing;
  return outputs.data;
}
