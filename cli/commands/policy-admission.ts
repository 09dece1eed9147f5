import { policySettings } from "@bedplate/contract";
import { rules } from "@bedplate/policies/rules/index.ts";
import { stringify } from "yaml";
import { admissionManifests } from "../policy/admission.ts";
import { wantedGroups } from "../policy/groups.ts";
import { readPolicySettings } from "../policy/settings-file.ts";

export interface PolicyAdmissionOptions {
  /** Only the rules of these groups. */
  readonly group?: readonly string[];
  /** Levels, and what the organisation allows. */
  readonly config?: string;
  /** Namespaces that the policies leave alone. */
  readonly exceptNamespaces: readonly string[];
  readonly json?: boolean;
}

/** `bedplate policy admission`: the rules for the API server, to be applied with kubectl. */
export function policyAdmission({ group, config, exceptNamespaces, json }: PolicyAdmissionOptions): void {
  const groups = wantedGroups(group);
  const settings = config === undefined ? policySettings.parse({}) : readPolicySettings(config);
  const wanted = rules.filter((rule) => groups.has(rule.group));
  const items = admissionManifests(wanted, settings, exceptNamespaces);
  if (settings.exemptions.length > 0)
    console.error(
      "The API server knows no exemptions: leave a namespace alone with --except-namespaces, or lower a rule's level.",
    );
  console.log(
    json === true
      ? JSON.stringify({ apiVersion: "v1", kind: "List", items })
      : items.map((item) => stringify(item, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n"),
  );
}
