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

/** One rule: pure, and quiet about input that it does not understand. */
export interface Rule {
  /** `<control>-<rule>`, after the file. */
  readonly id: string;
  /** What it asks for and why, for people. */
  readonly description: string;
  /** One sentence for each thing that breaks it: what, where, and how to correct it. Never a secret's value. */
  readonly violations: (resource: ResourceView) => string[];
}

/** Makes a rule of the file at `url` (`import.meta.url`), whose place gives its id. */
export function defineRule(url: string, rule: Omit<Rule, "id">): Rule {
  const { pathname } = new URL(url);
  return { id: `${basename(dirname(pathname))}-${basename(pathname, ".ts")}`, ...rule };
}
