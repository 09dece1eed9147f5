import { join } from "node:path";
import { expect, test } from "vitest";
import { rules } from "../rules/index.ts";
import { admissionBinding, admissionPolicy, hasParameters } from "./admission.ts";

const twins = rules.filter(({ admission }) => admission !== undefined);

test("every rule about pods, and every one about a single object of Kubernetes, has a twin", () => {
  const groups = /^(pss-baseline|pss-restricted|kubernetes)$/;
  expect(twins.map(({ id }) => id)).toEqual(
    rules.filter(({ group }) => groups.test(group)).map(({ id }) => id),
  );
});

test("a rule that asks what is allowed has a parameter, and is silent where nothing is said", () => {
  expect(twins.filter(hasParameters).map(({ id }) => id)).toEqual(["kubernetes-image-registry"]);
  for (const rule of twins) {
    const { paramRef } = admissionBinding(rule, { actions: ["Deny"] }).spec as { paramRef?: object };
    expect(paramRef !== undefined).toBe(hasParameters(rule));
    if (paramRef !== undefined) expect(paramRef).toMatchObject({ parameterNotFoundAction: "Allow" });
  }
});

test("the policies that the platform installs are these (vitest -u writes them)", async () => {
  const text = JSON.stringify(twins.map(admissionPolicy), null, 2);
  const file = join(import.meta.dirname, "../../components/admission/policies.json");
  await expect(`${text}\n`).toMatchFileSnapshot(file);
});
