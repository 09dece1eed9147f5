import { labelsOf } from "@bedplate/components";
import { Team } from "@bedplate/components/kubernetes";
import {
  planTeam,
  type TeamContext,
  teamNamespace,
  teamProblems,
  teamSecrets,
} from "@bedplate/components/plans";
import { type ClusterPlatformOutputs, clusterPlatformOutputs } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import { namespace, StackConfigError, type StackConfigProblem } from "./config-problems.ts";
import { secretInputs } from "./secret-inputs.ts";
import { parseTeamConfig, type TeamStackConfig } from "./team-config.ts";

/** The outputs of the platform's stack, checked. Throws a `StackConfigError` where they are not those of a platform in a cluster. */
async function readPlatform(stack: string): Promise<ClusterPlatformOutputs> {
  const reference = new pulumi.StackReference(stack);
  const names = Object.keys(clusterPlatformOutputs.shape);
  const details = await Promise.all(names.map((name) => reference.getOutputDetails(name)));
  const outputs = Object.fromEntries(names.map((name, index) => [name, details[index]?.value ?? undefined]));
  const result = clusterPlatformOutputs.safeParse(outputs);
  if (result.success) return result.data;
  throw new StackConfigError([
    {
      key: `${namespace}platform`,
      value: stack,
      allowed: "the stack of a platform in a cluster, of this release, that is up",
      fix: `name another stack, or run \`pulumi up --stack ${stack}\` first`,
    },
  ]);
}

/** What the platform cannot give to this team, and secrets that are missing. */
function problemsOf(
  { team, secrets }: TeamStackConfig,
  platform: ClusterPlatformOutputs,
): StackConfigProblem[] {
  const missing = teamSecrets(team, platform.connections).filter((name) => secrets[name] === undefined);
  return [
    ...teamProblems(team, platform.connections).map((problem) => ({
      ...problem,
      key: namespace + problem.key,
    })),
    ...missing.map((name) => ({
      key: `${namespace}secrets.${name}`,
      value: "(not set)",
      allowed: "a secret: keys of the platform's bucket that may use only this team's folder",
      fix: `set it with \`pulumi config set --secret --path ${namespace}secrets.${name} <value>\``,
    })),
  ];
}

/** A team on a platform. Throws a `StackConfigError` with every problem at once. */
export async function teamStack(
  values: Readonly<Record<string, unknown>>,
  stack: string,
): Promise<pulumi.Inputs> {
  const config = parseTeamConfig(values);
  const platform = await readPlatform(config.platform);
  const problems = problemsOf(config, platform);
  if (problems.length > 0) throw new StackConfigError(problems);
  const { team, owner, environment, cluster, secrets, protectData } = config;
  const { connections, deployment, production, podSecurityVersion } = platform;
  const context: TeamContext = { connections, deployment, production };
  new Team(team.name, {
    plan: planTeam(team, context),
    access: cluster,
    podSecurityVersion,
    secrets: secretInputs(secrets),
    protectData: protectData ?? production,
    labels: labelsOf({ owner, environment, stack, deployment: `${deployment}-${team.name}` }),
  });
  return { version: 1, team: team.name, namespace: teamNamespace(team.name), platform: config.platform };
}
