import { basename, dirname } from "node:path";
import type { Check } from "./check.ts";
import type { ObjectKind } from "./object-kind.ts";
import type { RuleParameters } from "./parameters.ts";

/** A resource as a rule sees it. */
export interface ResourceView {
  /** The engine's type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** The engine's name, which holds the types of all parents. */
  readonly urn: string;
  /** Whether something is really made; a component only groups others. */
  readonly custom: boolean;
  /** Inputs as plain data: no proxies, nothing unknown, no cycles. */
  readonly properties: unknown;
}

/** How bad a violation is, as the engine's console orders them. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What people read about a rule. */
export interface RuleText {
  /** What it asks for and why. */
  readonly description: string;
  readonly severity: Severity;
  /** The controls of published standards that it answers, each with the standard's name. */
  readonly controls: readonly string[];
  /** What to do about a violation. */
  readonly remediation: string;
}

/** A value to be put in a place of a resource's properties. */
export interface Edit {
  /** Such as `spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation`. */
  readonly path: string;
  readonly value: unknown;
}

/** What a rule is known by. */
export interface RuleName {
  /** `<group>-<rule>`, after the file. */
  readonly id: string;
  /** The folder of its file. */
  readonly group: string;
}

/** What the API server can be asked when an object is to be made or changed. */
export interface AdmissionJudgement {
  /** Whether the checks' root is the pod in an object, or the object. */
  readonly subject: "pod" | "object";
  readonly kinds: readonly ObjectKind[];
  readonly checks: readonly Check[];
}

/** One rule about single resources: pure, and quiet about input that it does not understand. */
export interface Rule extends RuleText, RuleName {
  /** One sentence for each thing that breaks it: what, where, and how to correct it. Never a secret's value. */
  readonly violations: (resource: ResourceView, parameters?: RuleParameters) => string[];
  /** What mends the resource; only where that is safe. */
  readonly edits?: (resource: ResourceView) => readonly Edit[];
  /** The same rule as data, where one object of Kubernetes is all that it looks at. */
  readonly admission?: AdmissionJudgement;
}

/** What breaks a rule about a whole stack, and in which resource. */
export interface StackViolation {
  readonly resource: ResourceView;
  readonly message: string;
}

/** One rule about all resources of a stack together, such as a thing that must go with another. */
export interface StackRule extends RuleText, RuleName {
  readonly stackViolations: (
    resources: readonly ResourceView[],
    parameters?: RuleParameters,
  ) => StackViolation[];
}

/** Its place gives a rule its name. */
function nameOf(url: string): RuleName {
  const { pathname } = new URL(url);
  const group = basename(dirname(pathname));
  return { id: `${group}-${basename(pathname, ".ts")}`, group };
}

/** Makes a rule of the file at `url` (`import.meta.url`), whose place gives its id. */
export function defineRule(
  url: string,
  rule: Omit<Rule, keyof RuleName | "violations"> & {
    readonly violations: (resource: ResourceView, parameters: RuleParameters) => string[];
  },
): Rule {
  const { violations, ...text } = rule;
  return {
    ...nameOf(url),
    ...text,
    violations: (resource, parameters = {}) => violations(resource, parameters),
  };
}

/** Makes a rule about a whole stack of the file at `url`. */
export function defineStackRule(
  url: string,
  rule: Omit<StackRule, keyof RuleName | "stackViolations"> & {
    readonly violations: (resources: readonly ResourceView[], parameters: RuleParameters) => StackViolation[];
  },
): StackRule {
  const { violations, ...text } = rule;
  return {
    ...nameOf(url),
    ...text,
    stackViolations: (resources, parameters = {}) => violations(resources, parameters),
  };
}
