export { Team } from "../team/team.ts";
export { ClusterPlatform } from "./cluster-platform.ts";
export type { GivenSecrets } from "./secrets.ts";
