import { unknownValue } from "../lib/plain-data.ts";
import type { ResourceView, Rule } from "../lib/rule.ts";
import { variants } from "../lib/variants.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { casesOf } from "./judged.ts";
import type { ResourceCase } from "./resource-case.ts";
import { changed } from "./typed-case.ts";

/** Something that is asked of every rule. */
export interface Question<Asked> {
  readonly what: string;
  /** What a rule does wrong; nothing when it is right. It may throw, which is wrong too. */
  readonly faults: (rule: Asked) => readonly string[];
}

/** What no field of any API takes all of. */
export const odd = [null, "x", 7, true, [], {}, [null], ["x"], [{}]];

/** Some of many, spread evenly. */
export const sample = <Item>(items: readonly Item[], count: number) =>
  items.filter((_, at) => at % Math.max(1, Math.ceil(items.length / count)) === 0);

/** A resource with something else in one place, for every place; the properties themselves are always a map. */
export const changedViews = (view: ResourceView, to: unknown) =>
  variants(view.properties, to)
    .slice(1)
    .map(({ path, value }) => ({ path, view: { ...view, properties: value } }));

const namesOf = (cases: readonly ResourceCase[]) => cases.map(([what]) => what);

/** Kinds of workload are judged by the same code, so one that is a pod and one that holds one do. */
const otherKinds = /^kubernetes:(apps|batch|core)\/v1:(?!(Pod|Deployment|Service|Namespace|ConfigMap)$)/;
const someViews = (id: string, side: "bad" | "good") =>
  casesOf(id, ["Pod"])
    [side].map(([, view]) => view)
    .filter(({ type }) => !otherKinds.test(type));

/** Rules that are data share the code that judges. */
const goodViews = ({ id, admission }: Rule) =>
  admission === undefined ? someViews(id, "good") : sample(someViews(id, "good"), 2);

const firstOfEachType = (views: readonly ResourceView[]) => [
  ...new Map(views.toReversed().map((view) => [view.type, view])).values(),
];

const asksWhatIsAllowed = /image-registry|regions|instance-families$/;
const knowsItsKinds = /^(cloud-(?!tags)|kubernetes-|pss-)/;

/** What is asked of every rule about single resources. */
export const questions: readonly Question<Rule>[] = [
  {
    what: "what is bad is caught",
    faults: ({ id, violations }) =>
      namesOf(casesOf(id).bad.filter(([, view]) => violations(view, corpusParameters).length === 0)),
  },
  {
    what: "what is good is accepted",
    faults: ({ id, violations }) =>
      namesOf(casesOf(id).good.filter(([, view]) => violations(view, corpusParameters).length > 0)),
  },
  {
    what: "nothing is said twice",
    faults: ({ id, violations }) =>
      casesOf(id, ["Pod"]).bad.flatMap(([what, view]) => {
        const said = violations(view, corpusParameters);
        return new Set(said).size < said.length ? [what] : [];
      }),
  },
  {
    what: "what it looks at is not judged while it is not known",
    faults: ({ id, violations }) =>
      (id.startsWith("cloud-") ? casesOf(id).bad : []).flatMap(([what, view]) => {
        const path = /with (?<path>[\w.]+) /.exec(what)?.groups?.path;
        if (path === undefined) return [];
        const properties = changed(view.properties, path, unknownValue);
        return violations({ ...view, properties }, corpusParameters).length > 0 ? [what] : [];
      }),
  },
  {
    what: "nothing is said against what is good while one part of it is not known yet",
    faults: (rule) =>
      goodViews(rule).flatMap((good) =>
        changedViews(good, unknownValue).flatMap(({ path, view }) =>
          rule.violations(view, corpusParameters).map((message) => `${view.type} ${path}: ${message}`),
        ),
      ),
  },
  {
    what: "nothing is said where a rule is not told what is allowed",
    faults: ({ id, violations }) =>
      asksWhatIsAllowed.test(id) ? casesOf(id).bad.flatMap(([, view]) => violations(view)) : [],
  },
  {
    what: "nothing is said about a type that a rule does not know",
    faults: ({ id, violations }) =>
      knowsItsKinds.test(id)
        ? someViews(id, "bad").flatMap((view) =>
            violations({ ...view, type: "acme:any:Thing" }, corpusParameters),
          )
        : [],
  },
  {
    what: "something is said or nothing, whatever odd thing stands anywhere in what is bad",
    faults: (rule) =>
      firstOfEachType(someViews(rule.id, "bad")).flatMap((bad) =>
        odd.flatMap((to) =>
          changedViews(bad, to).flatMap(({ path, view }) =>
            rule.violations(view, corpusParameters).includes("") ? [`nothing about ${path}`] : [],
          ),
        ),
      ),
  },
];
