import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { allContexts, definePodRule, isSet, quote } from "../../lib/pod-security.ts";

const types = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);

export const selinuxOptions = definePodRule(
  import.meta.url,
  {
    description: "No pod or container chooses an SELinux user or role, or a type other than a container's.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Remove seLinuxOptions.user and .role; use container_t or leave the type out.",
  },
  ({ spec }) =>
    allContexts(spec).flatMap(({ at, context }) => {
      const options = fieldsOf(context.seLinuxOptions);
      const { type } = options;
      const wrongType = isSet(type) && !isUnknown(type) && !(typeof type === "string" && types.has(type));
      return [
        ...(wrongType
          ? [{ at: `${at}.seLinuxOptions.type`, what: `is ${quote(type)}: use container_t` }]
          : []),
        ...["user", "role"]
          .filter((field) => isSet(options[field]) && !isUnknown(options[field]) && options[field] !== "")
          .map((field) => ({ at: `${at}.seLinuxOptions.${field}`, what: "is set: remove it" })),
      ];
    }),
);
