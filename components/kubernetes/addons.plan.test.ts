import { describe, expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import type { Item } from "./addon.plan.ts";
import { nullsIn } from "./chart-source.plan.ts";
import { everyPlan, planOf, planWith, spine } from "./every-addon.ts";
import type { PlatformPlan } from "./planner.plan.ts";

const itemsOf = ({ addons: planned }: PlatformPlan): readonly Item[] =>
  planned.flatMap(({ plan }) => plan.stages.flat());

describe.each([false, true])("all add-ons together, production %s", (production) => {
  const plans = everyPlan(production);

  test("no value of a chart is null, and every release has a namespace that is made first", () => {
    for (const plan of plans) {
      const namespaces = plan.namespaces.map(({ name }) => name);
      for (const item of itemsOf(plan)) {
        if (item.type === "release") {
          expect([item.name, nullsIn(item.values)]).toEqual([item.name, []]);
          expect(namespaces).toContain(item.namespace);
        }
        if (item.type === "object" && item.manifest.metadata.namespace !== undefined)
          expect(namespaces).toContain(item.manifest.metadata.namespace);
        if (item.type === "secret")
          for (const copy of item.secret.copies) expect(namespaces).toContain(copy.namespace);
      }
    }
  });

  test("no undefined value hides in what the engine is handed", () => {
    for (const plan of plans)
      for (const item of itemsOf(plan)) {
        const data =
          item.type === "release" ? item.values : item.type === "object" ? item.manifest : item.secret;
        expect(JSON.parse(JSON.stringify(data))).toStrictEqual(data);
      }
  });

  test("every placeholder of a secret stands for a part that there is", () => {
    for (const plan of plans)
      for (const item of itemsOf(plan)) {
        if (item.type !== "secret") continue;
        const parts = [...Object.keys(item.secret.generate), ...Object.keys(item.secret.given ?? {})];
        const named = JSON.stringify(item.secret.copies).matchAll(/\{\{(\w+)\}\}/g);
        for (const [, part] of named) expect(parts).toContain(part);
      }
  });

  test("only namespaces whose reason is said are judged less strictly than restricted", () => {
    const lenient = plans.flatMap(({ namespaces }) => namespaces.filter(({ level }) => level !== undefined));
    for (const { reason } of lenient) expect(reason).toMatch(/\w+/);
    const names = new Set(lenient.map(({ name }) => name));
    expect([...names].sort()).toEqual(["datadog", "gpu", "istio-system", "new-relic", "node-agents"]);
  });
});

test("every chart of the catalog is installed by an add-on", () => {
  const plans = [...everyPlan(true), planWith("jaeger", false)];
  const used = new Set(
    plans.flatMap(itemsOf).flatMap((item) => (item.type === "release" ? [item.chart] : [])),
  );
  // In production Debezium runs in Kafka Connect here, so its operator is planned by another mode.
  used.add("debezium-operator");
  expect(Object.keys(catalog).filter((name) => !used.has(name as keyof typeof catalog))).toEqual([]);
});

test("a choice that nobody should begin with is said", () => {
  expect(planWith("minio", false).warnings.join()).toContain("minio: its repository is archived");
  const [warning] = planOf([...spine, "kserve"], true).warnings;
  expect(warning).toContain("torchserve: TorchServe is no longer maintained");
});
