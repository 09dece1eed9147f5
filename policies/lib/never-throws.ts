import fc from "fast-check";
import { plainData, unknownValue } from "./plain-data.ts";
import type { Rule } from "./rule.ts";
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

/** Runs a rule over random resources: it may report or abstain, and every report is a sentence. Throws if it does not. */
export function assertNeverThrows(rule: Rule): void {
  fc.assert(
    fc.property(tree, fc.constantFrom(...someTypes), fc.boolean(), (input, type, custom) => {
      const urn = `urn:pulumi:s::p::bedplate:test:Parent$${type}::it`;
      const reports = rule.violations({ type, urn, custom, properties: plainData(input) });
      return reports.every((report) => report.length > 0);
    }),
    { numRuns: 1_000 },
  );
}
