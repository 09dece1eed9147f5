import { basename, dirname } from "node:path";

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

/** One rule: pure, and quiet about input that it does not understand. */
export interface Rule extends RuleText {
  /** `<group>-<rule>`, after the file. */
  readonly id: string;
  /** The folder of its file. */
  readonly group: string;
  /** One sentence for each thing that breaks it: what, where, and how to correct it. Never a secret's value. */
  readonly violations: (resource: ResourceView) => string[];
}

/** Makes a rule of the file at `url` (`import.meta.url`), whose place gives its id. */
export function defineRule(url: string, rule: Omit<Rule, "id" | "group">): Rule {
  const { pathname } = new URL(url);
  const group = basename(dirname(pathname));
  return { id: `${group}-${basename(pathname, ".ts")}`, group, ...rule };
}
