import { unknownValue } from "../lib/plain-data.ts";
import type { ResourceView, StackRule } from "../lib/rule.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { changedViews, odd, type Question, sample } from "./question.ts";
import { stackCases } from "./stack.ts";

const casesOf = (id: string) => stackCases[id] ?? { bad: [], good: [] };

/** A stack with something else in one place of one resource, for every place. */
const changedStacks = (views: readonly ResourceView[], to: unknown) =>
  views.flatMap((one, at) =>
    changedViews(one, to).map(({ path, view }) => ({
      path: `${one.type} ${path}`,
      views: views.with(at, view),
    })),
  );

/** What is asked of every rule about a whole stack. */
export const stackQuestions: readonly Question<StackRule>[] = [
  {
    what: "what is bad is caught, and the resource is named",
    faults: ({ id, stackViolations }) =>
      casesOf(id).bad.flatMap(([what, views]) => {
        const found = stackViolations(views, corpusParameters);
        return found.length > 0 && found.every(({ resource }) => views.includes(resource)) ? [] : [what];
      }),
  },
  {
    what: "what is good is accepted",
    faults: ({ id, stackViolations }) =>
      casesOf(id).good.flatMap(([what, views]) =>
        stackViolations(views, corpusParameters).map(({ message }) => `${what}: ${message}`),
      ),
  },
  {
    what: "nothing is said against what is good while one part of it is not known yet",
    faults: ({ id, stackViolations }) =>
      casesOf(id).good.flatMap(([what, all]) =>
        changedStacks(all, unknownValue).flatMap(({ path, views }) =>
          stackViolations(views, corpusParameters).map(({ message }) => `${what}, ${path}: ${message}`),
        ),
      ),
  },
  {
    what: "something is said or nothing, whatever odd thing stands anywhere in what is bad",
    faults: ({ id, stackViolations }) =>
      sample(casesOf(id).bad, 3).flatMap(([, all]) =>
        odd.flatMap((to) =>
          changedStacks(all, to).flatMap(({ path, views }) =>
            stackViolations(views, corpusParameters).some(({ message }) => message === "")
              ? [`nothing about ${path}`]
              : [],
          ),
        ),
      ),
  },
];
