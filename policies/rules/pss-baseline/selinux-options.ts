import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { allContexts, to, within } from "../../lib/scope.ts";

const types = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const options = within(allContexts, to("seLinuxOptions"));

export const selinuxOptions = definePodRule(
  import.meta.url,
  {
    description: "No pod or container chooses an SELinux user or role, or a type other than a container's.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Remove seLinuxOptions.user and .role; use container_t or leave the type out.",
  },
  [
    {
      each: options,
      refuse: every(isGiven("type"), not(isIn("type", types))),
      at: "type",
      what: (value) => `is ${quote(value)}: use container_t`,
    },
    ...["user", "role"].map((field) => ({
      each: options,
      refuse: every(isGiven(field), not(isIn(field, [""]))),
      at: field,
      what: "is set: remove it",
    })),
  ],
);
