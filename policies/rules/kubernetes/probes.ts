import { isEmpty } from "../../lib/condition.ts";
import { servingKinds } from "../../lib/object-kind.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { each, thePod, within } from "../../lib/scope.ts";

export const probes = definePodRule(
  import.meta.url,
  {
    description:
      "Every container that serves says when it is ready, so that no request goes to one that is not.",
    severity: "low",
    controls: ["SOC 2 A1.2"],
    remediation: "Add a readinessProbe to the container.",
  },
  [
    {
      each: within(thePod, each("containers")),
      refuse: isEmpty("readinessProbe"),
      at: "readinessProbe",
      what: "is missing: add one",
    },
  ],
  // A job's end is its own sign of health.
  servingKinds,
);
