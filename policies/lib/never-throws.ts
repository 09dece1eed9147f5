import fc from "fast-check";
import type { RuleParameters } from "./parameters.ts";
import { plainData, unknownValue } from "./plain-data.ts";
import type { Rule, StackRule } from "./rule.ts";
import { someTypes } from "./rule-cases.ts";

/** Keys that the rules look at, so that random data reaches their inner branches. */
const keys = [
  "spec",
  "template",
  "jobTemplate",
  "containers",
  "initContainers",
  "ephemeralContainers",
  "ports",
  "securityContext",
  "capabilities",
  "add",
  "drop",
  "seccompProfile",
  "appArmorProfile",
  "seLinuxOptions",
  "sysctls",
  "volumes",
  "hostUsers",
  "annotations",
  "livenessProbe",
  "httpGet",
  "runAsUser",
  "env",
  "environment",
  "variables",
  "name",
  "value",
  "listeners",
  "host",
  "port",
  "tls",
  "hostPort",
  "hostIP",
  "hostNetwork",
  "type",
  "externalIPs",
  "items",
  "data",
  "metadata",
  "labels",
  "tags",
  "key",
  "matches",
  "policy",
  "hard",
  "config",
  "parentRefs",
  "targetRefs",
  "rules",
  "selector",
  "replicas",
  "predictor",
  "logger",
  "storageUri",
  "networkInterfaces",
  "accessConfigs",
  "ingress",
  "fromPort",
  "toPort",
  "cidrBlocks",
  "allows",
  "sourceRanges",
  "vpcConfig",
  "nodeConfig",
  "metadataOptions",
  "requirements",
  "Statement",
  "Effect",
  "Action",
  "Resource",
  "Principal",
  "resourceGroups",
  "flavors",
  "resources",
  "__proto__",
];

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7 },
    fc.constantFrom<unknown>(
      null,
      "",
      "0.0.0.0",
      "API_TOKEN",
      "LoadBalancer",
      0,
      -1,
      1e308,
      true,
      Number.NaN,
      unknownValue,
    ),
    fc.anything(),
    fc.dictionary(fc.constantFrom(...keys), tie("tree"), { maxKeys: 6 }),
    fc.array(tie("tree"), { maxLength: 4 }),
  ),
}));

const parameters: RuleParameters = {
  allowedRegistries: ["ghcr.io/acme"],
  allowedRegions: ["eu-central-1"],
  allowedInstanceFamilies: ["g6"],
  gpusPerTeam: 1,
};

const resources = fc
  .tuple(tree, fc.constantFrom(...someTypes), fc.boolean())
  .map(([input, type, custom]) => ({
    type,
    urn: `urn:pulumi:s::p::bedplate:test:Parent$${type}::it`,
    custom,
    properties: plainData(input),
  }));

/** A rule must report in sentences or abstain, whatever it is shown. */
function assertSentences(id: string, report: () => readonly string[]): void {
  try {
    if (report().every((sentence) => sentence.length > 0)) return;
  } catch (error) {
    throw new Error(`${id} throws`, { cause: error });
  }
  throw new Error(`${id} reports without a word`);
}

/** Shows every rule the same random resources; making those costs more than judging them. Throws if a rule does. */
export function assertNeverThrow(rules: readonly Rule[], numRuns: number, seed?: number): void {
  fc.assert(
    fc.property(resources, (resource) => {
      for (const { id, violations } of rules) assertSentences(id, () => violations(resource, parameters));
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  );
}

/** The same for rules about a whole stack, over a few random resources at once. */
export function assertStackNeverThrow(rules: readonly StackRule[], numRuns: number, seed?: number): void {
  fc.assert(
    fc.property(fc.array(resources, { maxLength: 4 }), (stack) => {
      for (const { id, stackViolations } of rules)
        assertSentences(id, () => stackViolations(stack, parameters).map(({ message }) => message));
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  );
}
