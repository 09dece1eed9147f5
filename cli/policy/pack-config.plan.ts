import type { PolicySettings } from "@bedplate/contract";

/** The file that the engine takes with `--policy-pack-config`: for each rule its level, exemptions and parameters. */
export function packConfig(
  { all, rules, exemptions, parameters }: PolicySettings,
  known: readonly string[],
): Record<string, unknown> {
  const given = Object.keys(parameters).length > 0;
  const named = new Set([
    ...Object.keys(rules),
    ...exemptions.map(({ rule }) => rule),
    ...(given ? known : []),
  ]);
  const entries = [...named].sort().map((id) => {
    const own = exemptions.filter(({ rule }) => rule === id).map(({ rule, ...exemption }) => exemption);
    const level = { enforcementLevel: rules[id] ?? all };
    return [id, { ...level, ...(own.length > 0 && { exemptions: own }), ...(given && { parameters }) }];
  });
  return { all, ...Object.fromEntries(entries) };
}

/** What the settings ask of rules that cannot do it: of one that does not exist, or to mend without knowing how. */
export function ruleProblems(
  { rules, exemptions }: PolicySettings,
  known: readonly string[],
  mending: readonly string[],
): string[] {
  const places = [
    ...Object.keys(rules).map((id) => [`rules.${id}`, id] as const),
    ...exemptions.map(({ rule }, index) => [`exemptions[${index}].rule`, rule] as const),
  ];
  const missing = places
    .filter(([, id]) => !known.includes(id))
    .map(
      ([place, id]) =>
        `bedplate:policies.${place}: there is no rule "${id}"; docs/policy-rules.md lists them.`,
    );
  const unable = Object.entries(rules)
    .filter(([id, level]) => level === "remediate" && known.includes(id) && !mending.includes(id))
    .map(
      ([id]) =>
        `bedplate:policies.rules.${id}: this rule cannot mend what it finds; these can: ${mending.join(", ")}.`,
    );
  return [...missing, ...unable];
}
