import { type PolicySettings, policySettings } from "@bedplate/contract";
import { rules, ruleTexts, stackRules } from "@bedplate/policies/rules/index.ts";
import { hasState, statePath } from "../engine/state.ts";
import release from "../package.json" with { type: "json" };
import { formats, type ReportFormat } from "../policy/formats.plan.ts";
import { wantedGroups } from "../policy/groups.ts";
import { judge, judgeTogether } from "../policy/judge.ts";
import { readManifests } from "../policy/manifests.ts";
import { readPolicySettings } from "../policy/settings-file.ts";
import { readState } from "../policy/state.ts";
import { Problem } from "../problem.ts";
import { start } from "../stack/platform.ts";
import { openStack, type Stack } from "../stack/stack.ts";

export interface PolicyCheckOptions {
  readonly stack?: string;
  readonly dataDir?: string;
  /** A state or a preview of the engine. */
  readonly file?: string;
  /** A folder or a file of Kubernetes manifests. */
  readonly manifests?: string;
  /** Only the rules of these groups. */
  readonly group?: readonly string[];
  /** Levels and exemptions; a stack of ours has its own in its config. */
  readonly config?: string;
  readonly format: ReportFormat;
}

/**
 * `bedplate policy check`: judges what a stack has, a state or preview of any Pulumi program, or plain manifests. The
 * exit status is 1 when a mandatory rule is broken, 2 when there is nothing to judge by.
 */
export async function policyCheck(options: PolicyCheckOptions): Promise<void> {
  const groups = wantedGroups(options.group);
  const isWanted = ({ group }: { readonly group: string }) => groups.has(group);
  const stack = await stackOf(options);
  const subjects = read(options, stack);
  const settings = settingsOf(options, stack);
  const findings = [
    ...judge(subjects, rules.filter(isWanted), settings),
    ...judgeTogether(subjects, stackRules.filter(isWanted), settings),
  ];
  const version = release.version;
  console.log(
    formats[options.format]({
      findings,
      rules: ruleTexts.filter(isWanted),
      resources: subjects.length,
      version,
    }),
  );
  if (findings.some(({ level }) => level === "mandatory")) process.exitCode = 1;
}

/** The stack that is to be judged; null where it is something else. */
async function stackOf({ stack, dataDir, file, manifests }: PolicyCheckOptions): Promise<Stack | null> {
  if ([stack, file, manifests].filter((given) => given !== undefined).length !== 1) {
    throw new Problem(
      "Say what to judge: one of --stack <name>, --file <state.json>, --manifests <folder>.",
      2,
    );
  }
  return stack === undefined ? null : openStack({ stack, ...(dataDir !== undefined && { dataDir }) });
}

function read({ file = "", manifests }: PolicyCheckOptions, stack: Stack | null) {
  if (manifests !== undefined) return readManifests(manifests);
  return readState(stack === null ? file : stackState(stack));
}

function settingsOf({ config }: PolicyCheckOptions, stack: Stack | null): PolicySettings {
  if (config !== undefined) return readPolicySettings(config);
  return stack === null ? policySettings.parse({}) : stack.policies;
}

function stackState(stack: Stack): string {
  if (hasState(stack)) return statePath(stack);
  throw new Problem(
    `The stack ${stack.name} was never brought up: there is nothing to judge. ${start(stack)} makes it.`,
    2,
  );
}
