import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { allContexts, definePodRule, isSet, quote } from "../../lib/pod-security.ts";

const prefix = "container.apparmor.security.beta.kubernetes.io/";
const isAllowed = (value: unknown) =>
  typeof value === "string" &&
  (value === "" || value === "runtime/default" || value.startsWith("localhost/"));

export const appArmorProfile = definePodRule(
  import.meta.url,
  {
    description: "No pod or container leaves the AppArmor profile that the runtime applies.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Set appArmorProfile.type to RuntimeDefault, or leave it and the annotations out.",
  },
  ({ spec, annotations }) => [
    ...allContexts(spec).flatMap(({ at, context }) => {
      if (!isSet(context.appArmorProfile) || isUnknown(context.appArmorProfile)) return [];
      const { type } = fieldsOf(context.appArmorProfile);
      if (isUnknown(type) || type === "RuntimeDefault" || type === "Localhost") return [];
      return [
        {
          at: `${at}.appArmorProfile.type`,
          what: `is ${quote(type)}: allowed are RuntimeDefault and Localhost`,
        },
      ];
    }),
    ...Object.entries(annotations)
      .filter(([name, value]) => name.startsWith(prefix) && !isUnknown(value) && !isAllowed(value))
      .map(([name, value]) => ({
        at: "",
        what: `has the annotation ${name} = ${quote(value)}: allowed are runtime/default and localhost/...`,
      })),
  ],
);
