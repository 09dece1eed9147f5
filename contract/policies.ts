import { z } from "zod";

const level = z.enum(["mandatory", "advisory", "disabled"], "mandatory, advisory or disabled");
/** A single rule may also mend what it finds, where that is safe. */
const ruleLevel = z.enum(
  ["mandatory", "advisory", "disabled", "remediate"],
  "mandatory, advisory, disabled or remediate",
);

const text = (allowed: string, max: number) => z.string(allowed).trim().min(1, allowed).max(max, allowed);

/** Somebody answers for a rule that is broken on purpose, until a day. */
export const policyExemption = z.strictObject({
  rule: text("the id of a rule", 100),
  resource: text("the name or the whole URN of a resource; * stands for any letters", 1_000),
  reason: text("why, in up to 500 characters", 500),
  owner: text("who answers for it", 100),
  /** The last day that it holds, in UTC. */
  expires: z.iso.date("a day such as 2027-01-31"),
});
export type PolicyExemption = z.infer<typeof policyExemption>;

const names = (what: string) =>
  z.array(text(what, 200), `a list of ${what}`).max(1_000, "up to 1000 of them").optional();

/** What an organisation allows; a rule that asks for it says nothing where it is not given. */
const policyParameters = z.strictObject(
  {
    allowedRegistries: names("prefixes of images such as ghcr.io/acme"),
    allowedRegions: names("regions such as eu-central-1"),
    allowedInstanceFamilies: names("families of machines such as m7i"),
    gpusPerTeam: z.int("a whole number").min(0, "0 or more").optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "a map of what is allowed" : undefined) },
);

/** How the rules of the policy pack are applied to a stack; every rule is mandatory unless this says otherwise. */
export const policySettings = z.strictObject(
  {
    all: level.default("mandatory"),
    /** Levels of single rules, by id. */
    rules: z.record(z.string(), ruleLevel, "a map of rule ids and levels").default({}),
    exemptions: z
      .array(policyExemption, "a list of exemptions")
      .max(1_000, "up to 1000 exemptions")
      .default([]),
    parameters: policyParameters.prefault({}),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "a map with all, rules, exemptions and parameters" : undefined,
  },
);
export type PolicySettings = z.infer<typeof policySettings>;
