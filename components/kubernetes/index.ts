export { type ConfigSecret, configSecrets } from "./addon.plan.ts";
export { addons } from "./addons.plan.ts";
export { ClusterPlatform } from "./cluster-platform.ts";
export { type PlanProblem, type PlatformPlan, type PlatformSettings, planPlatform } from "./planner.plan.ts";
export type { GivenSecrets } from "./secrets.ts";
