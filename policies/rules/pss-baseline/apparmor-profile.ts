import { any, every, isGiven, isIn, not, startsWith } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { fieldsOf, quote } from "../../lib/plain-data.ts";
import { allContexts, entries } from "../../lib/scope.ts";

export const appArmorProfile = definePodRule(
  import.meta.url,
  {
    description: "No pod or container leaves the AppArmor profile that the runtime applies.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Set appArmorProfile.type to RuntimeDefault, or leave it and the annotations out.",
  },
  [
    {
      each: allContexts,
      refuse: every(
        isGiven("appArmorProfile"),
        not(isIn("appArmorProfile.type", ["RuntimeDefault", "Localhost"])),
      ),
      at: "appArmorProfile.type",
      what: (value) => `is ${quote(value)}: allowed are RuntimeDefault and Localhost`,
    },
    {
      each: [[entries("annotations")]],
      refuse: every(
        startsWith("name", "container.apparmor.security.beta.kubernetes.io/"),
        not(any(isIn("value", ["", "runtime/default"]), startsWith("value", "localhost/"))),
      ),
      what: (annotation) => {
        const { name, value } = fieldsOf(annotation);
        return `has the annotation ${name} = ${quote(value)}: allowed are runtime/default and localhost/...`;
      },
    },
  ],
);
