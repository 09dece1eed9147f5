import { type PolicySettings, policySettings } from "@bedplate/contract";
import { rules } from "@bedplate/policies/rules/index.ts";
import { hasState, statePath } from "../engine/state.ts";
import release from "../package.json" with { type: "json" };
import { formats, type ReportFormat } from "../policy/formats.plan.ts";
import { judge } from "../policy/judge.ts";
import { readManifests } from "../policy/manifests.ts";
import { readPolicySettings } from "../policy/settings-file.ts";
import { readState } from "../policy/state.ts";
import { Problem } from "../problem.ts";
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
export function policyCheck(options: PolicyCheckOptions): void {
  const wanted = rulesOf(options.group);
  const stack = stackOf(options);
  const subjects = read(options, stack);
  const findings = judge(subjects, wanted, settingsOf(options, stack));
  const version = release.version;
  console.log(formats[options.format]({ findings, rules: wanted, resources: subjects.length, version }));
  if (findings.some(({ level }) => level === "mandatory")) process.exitCode = 1;
}

function rulesOf(groups: readonly string[] | undefined) {
  if (groups === undefined) return rules;
  const known = [...new Set(rules.map(({ group }) => group))];
  const wrong = groups.filter((group) => !known.includes(group));
  if (wrong.length === 0) return rules.filter(({ group }) => groups.includes(group));
  throw new Problem(`There is no group of rules ${wrong.join(", ")}: there are ${known.join(", ")}.`, 2);
}

/** The stack that is to be judged; null where it is something else. */
function stackOf({ stack, dataDir, file, manifests }: PolicyCheckOptions): Stack | null {
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
  return stack === null ? policySettings.parse({}) : stack.config.policies;
}

function stackState(stack: Stack): string {
  if (hasState(stack)) return statePath(stack);
  throw new Problem(
    `The stack ${stack.name} was never brought up: there is nothing to judge. \`npm start\` makes it.`,
    2,
  );
}
