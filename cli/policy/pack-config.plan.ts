import type { PolicySettings } from "@bedplate/contract";

/** The file that the engine takes with `--policy-pack-config`: for each rule its level and its exemptions. */
export function packConfig({ all, rules, exemptions }: PolicySettings): Record<string, unknown> {
  const named = new Set([...Object.keys(rules), ...exemptions.map(({ rule }) => rule)]);
  const entries = [...named].sort().map((id) => {
    const own = exemptions.filter(({ rule }) => rule === id).map(({ rule, ...exemption }) => exemption);
    return [id, { enforcementLevel: rules[id] ?? all, ...(own.length > 0 && { exemptions: own }) }];
  });
  return { all, ...Object.fromEntries(entries) };
}

/** What names a rule that does not exist, a sentence each. */
export function unknownRules({ rules, exemptions }: PolicySettings, known: readonly string[]): string[] {
  const places = [
    ...Object.keys(rules).map((id) => [`rules.${id}`, id] as const),
    ...exemptions.map(({ rule }, index) => [`exemptions[${index}].rule`, rule] as const),
  ];
  return places
    .filter(([, id]) => !known.includes(id))
    .map(
      ([place, id]) =>
        `bedplate:policies.${place}: there is no rule "${id}"; docs/policy-rules.md lists them.`,
    );
}
