import { type Check, defineTypedRule, isOn, isOneOf, valueAt, where } from "../../lib/expectation.ts";
import { type Fields, fieldsOf, holdsUnknown, isUnknown, itemsOf, quote } from "../../lib/plain-data.ts";

/** Where a pool says what it is for, and why it may cost more. */
const purpose = "bedplate.dev/purpose";
const reason = "bedplate.dev/on-demand-reason";

/** Whether labels, the later ones counting more, say that a pool trains and not why it may cost more. */
function trains(...places: readonly unknown[]): boolean {
  const labels: Fields = Object.assign({}, ...places.map(fieldsOf));
  const { [purpose]: what, [reason]: why } = labels;
  return what === "training" && (typeof why !== "string" || why.trim() === "");
}

const karpenter: Check = (properties) => {
  const { metadata, spec } = properties;
  const template = fieldsOf(fieldsOf(spec).template);
  const { labels, annotations } = fieldsOf(metadata);
  const own = fieldsOf(template.metadata);
  const places = [own.annotations, own.labels, annotations, labels];
  if (places.some(holdsUnknown) || !trains(...places)) return [];
  const requirements = valueAt(properties, "spec.template.spec.requirements");
  const list = itemsOf(requirements).map(fieldsOf);
  if (isUnknown(requirements) || list.some(({ key }) => isUnknown(key))) return [];
  if (itemsOf(requirements).some(isUnknown)) return [];
  const capacity = list.find(({ key }) => key === "karpenter.sh/capacity-type");
  if (capacity === undefined)
    return ['spec.template.spec.requirements has no "karpenter.sh/capacity-type": add it with spot'];
  const { operator, values } = capacity;
  if (isUnknown(operator) || holdsUnknown(values)) return [];
  if (operator === "In" && itemsOf(values).includes("spot")) return [];
  return [`spec.template.spec.requirements asks for ${quote(values)}: add spot`];
};

export const spotTraining = defineTypedRule(
  import.meta.url,
  {
    description: "Pools for training use spot machines, which cost a third, unless somebody says why not.",
    severity: "low",
    controls: ["SOC 2 A1.1"],
    remediation: `Use spot capacity, or say why not in the label or annotation ${reason}.`,
  },
  {
    "aws:eks/nodeGroup:NodeGroup": where(["tags", "labels"], trains, isOneOf("capacityType", ["SPOT"])),
    "gcp:container/nodePool:NodePool": where(
      ["nodeConfig.resourceLabels", "nodeConfig.labels"],
      trains,
      isOn("nodeConfig.spot"),
    ),
    "kubernetes:karpenter.sh/v1:NodePool": karpenter,
  },
);
