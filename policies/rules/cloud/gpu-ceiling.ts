import { type Fields, fieldsOf, itemsOf, numberOf } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView } from "../../lib/rule.ts";

const accelerator = /^(requests\.)?(nvidia\.com\/(gpu|mig-.*)|amd\.com\/gpu|google\.com\/tpu)$/;

interface Share {
  readonly team: string;
  readonly accelerators: number;
  readonly resource: ResourceView;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const wholeNumber = (value: unknown) => {
  const number = numberOf(value);
  return Number.isFinite(number) && number > 0 ? number : 0;
};

function quota({ spec }: Fields): number {
  const hard = Object.entries(fieldsOf(fieldsOf(spec).hard));
  return Math.max(
    0,
    ...hard.filter(([name]) => accelerator.test(name)).map(([, value]) => wholeNumber(value)),
  );
}

/** Kueue: what a queue has of its own and may borrow, over its flavors. */
function queue({ spec }: Fields): number {
  const flavors = itemsOf(fieldsOf(spec).resourceGroups).flatMap((group) => itemsOf(fieldsOf(group).flavors));
  const amounts = flavors.flatMap((flavor) => itemsOf(fieldsOf(flavor).resources).map(fieldsOf));
  return sum(
    amounts
      .filter(({ name }) => typeof name === "string" && accelerator.test(name))
      .map(({ nominalQuota, borrowingLimit }) => wholeNumber(nominalQuota) + wholeNumber(borrowingLimit)),
  );
}

const counters: Readonly<Record<string, (object: Fields) => number>> = {
  ResourceQuota: quota,
  ClusterQueue: queue,
};

function teamOf({ metadata }: Fields): string | undefined {
  const { labels, namespace } = fieldsOf(metadata);
  const team = fieldsOf(labels)["bedplate.dev/team"] ?? namespace;
  return typeof team === "string" ? team : undefined;
}

function sharesOf(resource: ResourceView): readonly Share[] {
  const count = counters[kubernetesKind(resource.type) ?? ""];
  if (count === undefined) return [];
  return kubernetesObjects(resource).flatMap((object) => {
    const team = teamOf(object);
    return team === undefined ? [] : [{ team, accelerators: count(object), resource }];
  });
}

export const gpuCeiling = defineStackRule(import.meta.url, {
  description:
    "No team has more accelerators than the organisation allows, by quota, by queue or by what it may borrow.",
  severity: "medium",
  controls: ["SOC 2 A1.1"],
  remediation: "Lower the quota or the borrowing limit, or raise parameters.gpusPerTeam.",
  violations: (resources, { gpusPerTeam = Number.POSITIVE_INFINITY }) =>
    resources
      .flatMap(sharesOf)
      .filter(({ accelerators }) => accelerators > gpusPerTeam)
      .map(({ team, accelerators, resource }) => ({
        resource,
        message: `gives the team ${team} up to ${accelerators} accelerators: allowed are ${gpusPerTeam}`,
      })),
});
