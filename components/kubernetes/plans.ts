export type { TeamContext } from "../team/stores.plan.ts";
export { planTeam, teamNamespace, teamProblems, teamSecrets } from "../team/team.plan.ts";
export { teamSchema } from "../team/team-schema.plan.ts";
export { type ConfigSecret, configSecrets } from "./addon.plan.ts";
export { addons } from "./addons.plan.ts";
export { type PlatformPlan, type PlatformSettings, planPlatform } from "./planner.plan.ts";
