import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policySettings } from "@bedplate/contract";
import { exempt } from "@bedplate/policies/lib/exemption.ts";
import { fieldsOf, plainData, unknownValue } from "@bedplate/policies/lib/plain-data.ts";
import type { ResourceView } from "@bedplate/policies/lib/rule.ts";
import { rules, stackRules } from "@bedplate/policies/rules/index.ts";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { recordResources } from "../components/engine-mocks.ts";
import { platformValues } from "../test/support/platform-values.ts";
import { localStack } from "./local.ts";
import { clusterPlatform } from "./platform.ts";

const registered = recordResources({ preview: true });
// Other files of this worker are no previews.
afterAll(() => void recordResources());

const secretKey = "4dabf18193072939515e22adb298388d";

/** What a rule is shown of a value: a preview's unknown ones are put in by `inPlace`, secrets are what they hold. */
function shown(value: unknown, inPlace: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shown(item, inPlace));
  if (typeof value !== "object" || value === null) return value;
  if ("__pulumiUnknown" in value) return inPlace;
  if (secretKey in value) return shown(fieldsOf(value).value, inPlace);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner, inPlace)]));
}

const hasUnknown = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ("__pulumiUnknown" in value || Object.values(value).some(hasUnknown));

const viewOf = (
  { type, name, custom, inputs }: (typeof registered)[number],
  inPlace: unknown,
): ResourceView => ({
  type,
  // Rules about ownership look at the types of the parents, which mocks do not tell.
  urn: `urn:pulumi:test::bedplate::bedplate:platform:ClusterPlatform$${type}::${name}`,
  custom,
  properties: plainData(shown(inputs, inPlace)),
});

/** What might come in the place of a value that is not known. */
const guesses = [null, "", "x", "0.0.0.0", true, false, 0, 1, {}, [], [{}]];

const values: Readonly<Record<string, Record<string, unknown>>> = {
  local: parse(readFileSync(join(import.meta.dirname, "Pulumi.local.yaml"), "utf8")).config,
  "dev-kubernetes": platformValues("dev-kubernetes"),
  "prod-kubernetes": platformValues("prod-kubernetes"),
};

async function preview(stack: string): Promise<void> {
  registered.length = 0;
  (stack === "local" ? localStack : clusterPlatform)(values[stack] ?? {}, stack);
  for (let before = -1; before !== registered.length; ) {
    before = registered.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** No two objects of a cluster have one name, and each says to whom it belongs. */
function expectPlanned(stack: string): void {
  const made = registered.filter(({ custom }) => custom);
  const names = made.map(({ type, name }) => `${type} ${name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const { type, inputs } of made)
    if (/^kubernetes:(?!helm)/.test(type))
      expect(inputs).toMatchObject({ metadata: { labels: { "bedplate.dev/deployment": stack } } });
}

test.each(Object.keys(values))(
  "the preview of %s is as planned, breaks no rule, and none waits for a value that is not known yet",
  async (stack) => {
    await preview(stack);
    expectPlanned(stack);
    const settings = policySettings.parse(values[stack]?.["bedplate:policies"] ?? {});
    const leave = (id: string, messages: readonly string[], view: ResourceView) =>
      exempt(
        messages,
        view,
        settings.exemptions.filter(({ rule }) => rule === id),
        "2026-11-30",
      );
    const judge = (view: ResourceView) =>
      rules.flatMap(({ id, violations }) =>
        leave(id, violations(view, settings.parameters), view).map((text) => `${view.urn}: ${id}: ${text}`),
      );
    const judgeTogether = (views: readonly ResourceView[]) =>
      stackRules.flatMap(({ id, stackViolations }) =>
        stackViolations(views, settings.parameters).flatMap(({ resource, message }) =>
          leave(id, [message], resource).map((text) => `${resource.urn}: ${id}: ${text}`),
        ),
      );
    expect(registered.length).toBeGreaterThan(5);
    const views = registered.map((one) => viewOf(one, unknownValue));
    expect([...views.flatMap(judge), ...judgeTogether(views)]).toEqual([]);

    // A rule that would say something else once a value is known could not decide.
    const unsure = registered.filter(({ inputs }) => hasUnknown(inputs));
    for (const guess of guesses) {
      const guessed = registered.map((one, at) => (unsure.includes(one) ? viewOf(one, guess) : views[at]));
      const known = guessed.filter((view) => view !== undefined);
      const changed = known.filter((view) => !views.includes(view));
      expect([...changed.flatMap(judge), ...judgeTogether(known)], `${stack}: ${guess}`).toEqual([]);
    }
  },
);
