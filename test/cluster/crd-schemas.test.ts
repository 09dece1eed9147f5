import { expect, test } from "vitest";
import { parsePlatformConfig } from "../../stacks/platform-config.ts";
import { planStack } from "../../stacks/platform-plan.ts";
import { crdFolder, openCrdSchemas, said } from "../support/crd-schemas.ts";
import { platformValues } from "../support/platform-values.ts";

const folder = crdFolder();

/** Every custom resource of the production stack, in both sizes. */
function manifests() {
  return ["small", "production"].flatMap((size) => {
    const values = platformValues("prod-kubernetes", { "bedplate:size": size });
    const plan = planStack(parsePlatformConfig(values), "test");
    const items = [...plan.addons.flatMap((addon) => addon.plan.stages.flat()), ...plan.monitors];
    return items.flatMap((item) => (item.type === "object" ? [item.manifest] : []));
  });
}

test.skipIf(folder === undefined)(
  "every custom resource of the production stack is what its operator's schema has, and nothing more",
  () => {
    const all = manifests();
    const schemas = openCrdSchemas(folder ?? "", new Set(all.map(({ kind }) => kind)));
    const judged = all.flatMap((manifest) => {
      const validate = schemas.get(`${manifest.apiVersion} ${manifest.kind}`);
      if (validate === undefined) return [];
      const problems = validate(manifest) ? [] : (validate.errors ?? []).map(said);
      return [{ object: `${manifest.kind} ${manifest.metadata.name}`, problems }];
    });
    expect(judged.length).toBeGreaterThan(100);
    expect(judged.filter(({ problems }) => problems.length > 0)).toEqual([]);
  },
);
