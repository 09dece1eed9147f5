import type { ResourceView, Rule, StackRule } from "../lib/rule.ts";
import { podWorkloads } from "../lib/rule-cases.ts";
import { resourceCases } from "./cases.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { mutants } from "./pod-case.ts";
import { baselineCases } from "./pss-baseline.ts";
import { restrictedCases } from "./pss-restricted.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";
import { stackCases } from "./stack.ts";

/** Cases for each rule of the Pod Security Standards, by the rule's id. */
export const podCases = { ...baselineCases, ...restrictedCases };

/** A rule's cases about pods, each in some of the nine kinds of workload. */
function podResources(id: string, side: "bad" | "good", kinds: readonly string[]): readonly ResourceCase[] {
  return (podCases[id]?.[side] ?? []).flatMap((one) =>
    mutants(one).flatMap((pod) =>
      kinds.flatMap((kind): ResourceCase[] => {
        const make = podWorkloads[kind];
        return make === undefined ? [] : [[`a ${kind} that ${one.what}`, make(pod)]];
      }),
    ),
  );
}

/** All cases of a rule as resources: pods in the kinds of workload that are named, or in all. */
export function casesOf(id: string, kinds: readonly string[] = Object.keys(podWorkloads)): ResourceCases {
  const side = (one: "bad" | "good") => [
    ...podResources(id, one, kinds),
    ...(resourceCases[id]?.[one] ?? []),
  ];
  return { bad: side("bad"), good: side("good") };
}

/** What is bad by a rule; of pods one kind, since the place in the others is found for all rules alike. */
const badViews = (id: string): readonly ResourceView[] => casesOf(id, ["Pod"]).bad.map(([, view]) => view);

/** Messages that differ in a value, a number or the kind of workload alone are one. */
const shapeOf = (message: string) =>
  message.replaceAll(/spec\.(jobTemplate\.spec\.)?template\.spec\./g, "").replaceAll(/"[^"]*"|\d+/g, "_");

const oneOfEach = (messages: readonly string[]) =>
  [...Map.groupBy(messages, shapeOf).values()].map(([first = ""]) => first);

/** Where an organisation says that it allows nothing of a thing. */
const nothingAllowed = {
  allowedRegistries: [],
  allowedRegions: [],
  allowedInstanceFamilies: [],
  gpusPerTeam: 0,
};

/** What a rule says to what is bad, one message of each shape. */
export const saidBy = ({ id, violations }: Rule) =>
  oneOfEach(
    [corpusParameters, nothingAllowed].flatMap((parameters) =>
      badViews(id).flatMap((view) => violations(view, parameters)),
    ),
  );

/** How a rule that mends mends the first thing that is bad. */
export function mendedBy({ id, edits }: Rule) {
  const [first] = badViews(id);
  return first && edits?.(first);
}

/** What a rule about a stack says to stacks that are bad, one message of each shape. */
export const saidByStack = ({ id, stackViolations }: StackRule) =>
  oneOfEach(
    (stackCases[id]?.bad ?? []).flatMap(([, views]) =>
      stackViolations(views, corpusParameters).map(({ message }) => message),
    ),
  );
