import type { ResourceView } from "../lib/rule.ts";

/** A resource and what is special about it. */
export type ResourceCase = readonly [what: string, resource: ResourceView];

/** Resources that a rule must catch, and resources that it must accept. */
export interface ResourceCases {
  readonly bad: readonly ResourceCase[];
  readonly good: readonly ResourceCase[];
}

/** Resources of one stack and what is special about them together. */
export type StackCase = readonly [what: string, resources: readonly ResourceView[]];

/** Stacks that a rule must catch, and stacks that it must accept. */
export interface StackCases {
  readonly bad: readonly StackCase[];
  readonly good: readonly StackCase[];
}
