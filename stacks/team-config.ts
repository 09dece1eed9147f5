import { configSecrets, teamSchema } from "@bedplate/components/plans";
import { policySettings } from "@bedplate/contract";
import { z } from "zod";
import { accessSchema, configLabel, parseConfig, secretsSchema } from "./cluster-config.ts";
import { type ConfigKind, namespace } from "./config-problems.ts";

/** The config of a team on a platform: keys `bedplate:<name>` of its Pulumi.<stack>.yaml. */
const teamConfigSchema = z.strictObject({
  kind: z.literal("team", "`team`"),
  owner: configLabel,
  environment: configLabel,
  /** The platform's stack, whose outputs are read. */
  platform: z
    .string("the name of the platform's stack, such as organization/bedplate/prod-kubernetes")
    .regex(
      /^[\w.-]+(\/[\w.-]+){0,2}$/,
      "the name of the platform's stack, such as organization/bedplate/prod-kubernetes",
    ),
  cluster: accessSchema.prefault({}),
  team: teamSchema,
  /** Whether what holds data is protected, and left in the cluster when the stack goes; as the platform's size when left out. */
  protectData: z.boolean("true or false").optional(),
  secrets: secretsSchema,
  policies: policySettings.prefault({}),
});

/** The checked config of a team. */
export type TeamStackConfig = z.infer<typeof teamConfigSchema>;

const kind: ConfigKind<typeof teamConfigSchema> = {
  schema: teamConfigSchema,
  textKeys: new Set(["kind", "owner", "environment", "platform"]),
  secretKeys: new Set(["secrets"]),
  fixOf: (path) =>
    configSecrets.some((name) => path === `secrets.${name}`)
      ? `set it with \`pulumi config set --secret --path ${namespace}${path} <value>\``
      : "correct it in the stack's Pulumi.<stack>.yaml",
};

/** Checks the config of a team. Throws a `StackConfigError` with every problem at once. */
export function parseTeamConfig(values: Readonly<Record<string, unknown>>): TeamStackConfig {
  return parseConfig(values, kind);
}
