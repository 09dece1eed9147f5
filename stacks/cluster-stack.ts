import { type PlatformConfig, parsePlatformConfig } from "./platform-config.ts";
import { planStack } from "./platform-plan.ts";
import { parseTeamConfig, type TeamStackConfig } from "./team-config.ts";

/** The checked config of a stack that works on a cluster. */
export type ClusterStackConfig = PlatformConfig | TeamStackConfig;

/**
 * Checks the config of a platform in a cluster, its plan included, or of a team on one: all that can be told without a
 * cluster and without the engine. Throws a `StackConfigError` with every problem at once.
 */
export function checkClusterStack(
  values: Readonly<Record<string, unknown>>,
  stack: string,
): ClusterStackConfig {
  if (values["bedplate:kind"] === "team") return parseTeamConfig(values);
  const config = parsePlatformConfig(values);
  planStack(config, stack);
  return config;
}
