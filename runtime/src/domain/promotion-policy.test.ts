import { modelCardParts, type PromotionPolicyInput, promotionPolicy } from "@bedplate/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPromotion, type PromotionFacts, strictest } from "./promotion-policy.ts";

const nothing: PromotionFacts = {
  requesters: ["ann"],
  approvals: [],
  metrics: null,
  champion: null,
  signature: null,
  modelCard: null,
};
const unmet = (policy: PromotionPolicyInput, facts: Partial<PromotionFacts>) =>
  checkPromotion(promotionPolicy.parse(policy), { ...nothing, ...facts })
    .filter(({ met }) => !met)
    .map(({ check, detail }) => `${check}: ${detail}`);
const asksNothing = { signature: false, modelCard: false };
const approve = (actor: string, current = true) =>
  ({ actor, decision: "approve", reason: "", current }) as const;
const metrics = (entries: Record<string, number>) => new Map(Object.entries(entries));

test("an empty policy asks for nothing, and a rejection blocks all the same", () => {
  expect(unmet({}, {})).toEqual([]);
  const rejected = { actor: "bob", decision: "reject", reason: "it leaks", current: true } as const;
  expect(unmet({}, { approvals: [rejected] })).toEqual(["rejection: bob rejected it: it leaks"]);
});

test("everything that is missing is listed at once, each with its value", () => {
  const policy: PromotionPolicyInput = {
    approvals: { count: 2 },
    evaluation: [
      { rule: "at-least", metric: "acc", value: 0.9 },
      { rule: "at-most", metric: "loss", value: 0.1 },
      { rule: "not-worse-than-champion", metric: "f1", better: "higher", tolerance: 0.01 },
      { rule: "at-least", metric: "auc", value: 0.5 },
    ],
  };
  const facts = {
    approvals: [approve("ann"), approve("bob"), approve("cid", false)],
    metrics: metrics({ acc: 0.8, loss: Number.NaN, f1: 0.5 }),
    champion: { version: 3, metrics: metrics({ f1: 0.7 }) },
  };
  expect(unmet(policy, facts)).toEqual([
    "approval: 1 of 2 approvals. Not counted: 1 for other files than it has now; 1 by who registered it, which four eyes leave out.",
    "evaluation: acc is 0.8; at least 0.9 is asked.",
    "evaluation: loss is NaN; at most 0.1 is asked.",
    "evaluation: f1 is 0.5, the champion's (version 3) 0.7; higher is better, within 0.01.",
    "evaluation: auc: its run did not log this metric.",
  ]);
});

test("without four eyes an approval of who registered it counts; without a champion there is nothing to be worse than", () => {
  const own = { approvals: [approve("ann")] };
  expect(unmet({ approvals: { count: 1, fourEyes: false } }, own)).toEqual([]);
  const rule = { rule: "not-worse-than-champion", metric: "loss", better: "lower" } as const;
  expect(unmet({ evaluation: [rule] }, { metrics: metrics({ loss: 1 }) })).toEqual([]);
  expect(unmet({ evaluation: [rule] }, {})).toHaveLength(1);
  const blind = { metrics: metrics({ loss: 1 }), champion: { version: 2, metrics: null } };
  expect(unmet({ evaluation: [rule] }, blind)).toHaveLength(1);
});

test("a metric that is not a number never passes", () => {
  const rule = fc.oneof(
    fc.record({
      rule: fc.constantFrom("at-least" as const, "at-most" as const),
      value: fc.double({ noNaN: true }),
    }),
    fc.record({
      rule: fc.constant("not-worse-than-champion" as const),
      better: fc.constantFrom("higher" as const, "lower" as const),
      tolerance: fc.double({ min: 0, noNaN: true }),
    }),
  );
  const pair = fc.constantFrom([Number.NaN, 1], [Number.NaN, Number.NaN]);
  fc.assert(
    fc.property(rule, pair, (rule, [mine = 0, theirs = 0]) => {
      const champion = { version: 1, metrics: metrics({ m: theirs }) };
      const policy = { ...promotionPolicy.parse({}), evaluation: [{ ...rule, metric: "m" }] };
      const [check] = checkPromotion(policy, { ...nothing, metrics: metrics({ m: mine }), champion });
      expect(check?.met).toBe(false);
    }),
  );
});

test("more approvals never block, and a stricter policy never lets through what a weaker one blocks", () => {
  const actor = fc.constantFrom("ann", "bob", "cid", "dan");
  const approvals = fc.array(fc.record({ actor, current: fc.boolean() }), { maxLength: 6 });
  const policy = fc.record({ count: fc.nat({ max: 4 }), fourEyes: fc.boolean() });
  const minimum = fc.record({ approvals: fc.nat({ max: 4 }), fourEyes: fc.boolean() });
  fc.assert(
    fc.property(approvals, approvals, policy, minimum, (some, more, own, platform) => {
      const facts = (given: typeof some) => ({
        approvals: given.map(({ actor, current }) => approve(actor, current)),
      });
      const blocked = (approvals: { count: number; fourEyes: boolean }, given: typeof some) =>
        unmet({ approvals }, facts(given)).length > 0;
      const { approvals: both } = strictest(
        { ...platform, ...asksNothing },
        promotionPolicy.parse({ approvals: own }),
      );
      if (!blocked(both, some)) {
        expect(blocked(both, [...some, ...more])).toBe(false);
        expect(blocked(own, some)).toBe(false);
        expect(blocked({ count: platform.approvals, fourEyes: platform.fourEyes }, some)).toBe(false);
      }
    }),
  );
});

const signature = fc.option(
  fc.record({
    state: fc.constantFrom("valid" as const, "missing" as const, "invalid" as const),
    problems: fc.array(fc.string(), { maxLength: 2 }),
  }),
);
const missing = fc.array(
  fc.record({ part: fc.constantFrom(...modelCardParts), todo: fc.constantFrom("Write it.", "Log it.") }),
);
const modelCard = fc.option(fc.record({ missing }));
const asked = fc.record({ signature: fc.boolean(), modelCard: fc.boolean() });

test("a signature and a card are judged when they are asked for, by the model or the platform, and only then", () => {
  fc.assert(
    fc.property(asked, asked, signature, modelCard, (own, platform, signature, modelCard) => {
      const policy = strictest({ approvals: 0, fourEyes: true, ...platform }, promotionPolicy.parse(own));
      const checks = checkPromotion(policy, { ...nothing, signature, modelCard });
      const of = (name: string) => checks.filter(({ check }) => check === name).map(({ met }) => met);
      const isSigned = signature?.state === "valid";
      expect(of("signature")).toEqual(own.signature || platform.signature ? [isSigned] : []);
      const open = modelCard?.missing.filter(({ part }) => part !== "history" && part !== "approvals");
      expect(of("model-card")).toEqual(own.modelCard || platform.modelCard ? [open?.length === 0] : []);
    }),
  );
});

test("every refusal says what most likely mends it, and nothing else does", () => {
  const rules: PromotionPolicyInput["evaluation"] = [
    { rule: "at-least", metric: "acc", value: 0.5 },
    { rule: "not-worse-than-champion", metric: "acc", better: "higher" },
  ];
  const values = fc.option(fc.dictionary(fc.constantFrom("acc", "loss"), fc.double()).map(metrics));
  const champion = fc.option(fc.record({ version: fc.constant(1), metrics: values }));
  const decision = fc.record({
    actor: fc.constantFrom("ann", "bob"),
    decision: fc.constantFrom("approve" as const, "reject" as const),
    reason: fc.string(),
    current: fc.boolean(),
  });
  const facts = fc.record({
    requesters: fc.constant(["ann"]),
    approvals: fc.array(decision, { maxLength: 4 }),
    metrics: values,
    champion,
    signature,
    modelCard,
  });
  fc.assert(
    fc.property(facts, asked, fc.nat({ max: 3 }), (known, asks, count) => {
      const policy = promotionPolicy.parse({ ...asks, approvals: { count }, evaluation: rules });
      for (const { met, detail, fix } of checkPromotion(policy, known)) {
        expect(detail).not.toBe("");
        expect(met ? fix === null : (fix ?? "").length > 0).toBe(true);
      }
    }),
  );
});
