import { defineStackRule } from "../../lib/rule.ts";

/** What a stack can spend much with, and the budget of its cloud. */
const clouds = [
  {
    spends:
      /^aws:(eks\/(cluster|nodeGroup)|ec2\/(instance|launchTemplate|fleet)|rds\/|msk\/|redshift\/|elasticache\/|opensearch\/|sagemaker\/)/,
    budget: "aws:budgets/budget:Budget",
  },
  {
    spends:
      /^gcp:(container\/|compute\/instance|sql\/|alloydb\/|managedkafka\/|memorystore\/|vertex\/|bigtable\/)/,
    budget: "gcp:billing/budget:Budget",
  },
] as const;

export const budgets = defineStackRule(import.meta.url, {
  description: "A stack that can spend much in a cloud has a budget there, so that somebody is told in time.",
  severity: "medium",
  controls: ["SOC 2 A1.1"],
  remediation:
    "Add a budget of the cloud (aws.budgets.Budget, gcp.billing.Budget) with a threshold and who is told.",
  violations: (resources) =>
    clouds.flatMap(({ spends, budget }) => {
      const first = resources.find(({ type }) => spends.test(type));
      if (first === undefined || resources.some(({ type }) => type === budget)) return [];
      return [{ resource: first, message: `the stack has no ${budget}: add one` }];
    }),
});
