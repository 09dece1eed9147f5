import { valueAt } from "../../lib/expectation.ts";
import { type Fields, fieldsOf, itemsOf, quote } from "../../lib/plain-data.ts";
import { defineRule } from "../../lib/rule.ts";

/** `g6.2xlarge` is of the family `g6`, `db.m7g.large` of `m7g`, `n2-standard-4` of `n2`. */
function familyOf(machine: string): string {
  const plain = machine.toLowerCase().replace(/^(db|cache|kafka|ml|express|dc)\./, "");
  return /^[a-z0-9]+(?=[.-])/.exec(plain)?.[0] ?? plain;
}

type Machines = (properties: Fields) => readonly (readonly [path: string, machine: unknown])[];

const one =
  (path: string): Machines =>
  (properties) => [[path, valueAt(properties, path)]];
const many =
  (path: string): Machines =>
  (properties) =>
    itemsOf(valueAt(properties, path)).map((machine, index) => [`${path}[${index}]`, machine]);

/** Karpenter's pools name machines by requirements. */
const requirements: Machines = (properties) =>
  itemsOf(valueAt(properties, "spec.template.spec.requirements")).flatMap((item, index) => {
    const { key, operator, values } = fieldsOf(item);
    if (operator !== "In" || typeof key !== "string") return [];
    if (!/\/instance-(family|type)$/.test(key)) return [];
    return itemsOf(values).map(
      (value) => [`spec.template.spec.requirements[${index}].values`, value] as const,
    );
  });

const machines: Readonly<Record<string, Machines>> = {
  "aws:ec2/instance:Instance": one("instanceType"),
  "aws:ec2/launchTemplate:LaunchTemplate": one("instanceType"),
  "aws:eks/nodeGroup:NodeGroup": many("instanceTypes"),
  "aws:rds/instance:Instance": one("instanceClass"),
  "aws:rds/clusterInstance:ClusterInstance": one("instanceClass"),
  "aws:elasticache/replicationGroup:ReplicationGroup": one("nodeType"),
  "aws:msk/cluster:Cluster": one("brokerNodeGroupInfo.instanceType"),
  "aws:sagemaker/notebookInstance:NotebookInstance": one("instanceType"),
  "gcp:compute/instance:Instance": one("machineType"),
  "gcp:container/nodePool:NodePool": one("nodeConfig.machineType"),
  "gcp:container/cluster:Cluster": one("nodeConfig.machineType"),
  "kubernetes:karpenter.sh/v1:NodePool": requirements,
};

export const instanceFamilies = defineRule(import.meta.url, {
  description:
    "Only machines of families that the organisation allows are started, so that no bill is a surprise.",
  severity: "medium",
  controls: ["SOC 2 A1.1"],
  remediation: "Choose an allowed family, or add it to parameters.allowedInstanceFamilies.",
  violations: ({ type, properties }, { allowedInstanceFamilies: allowed }) => {
    if (allowed === undefined || !Object.hasOwn(machines, type)) return [];
    return (machines[type]?.(fieldsOf(properties)) ?? []).flatMap(([path, machine]) =>
      typeof machine !== "string" || allowed.includes(familyOf(machine))
        ? []
        : [`${path} is ${quote(machine)}: allowed are the families ${allowed.join(", ") || "none"}`],
    );
  },
});
