import { fieldsOf, itemsOf } from "./plain-data.ts";

/** What an organisation allows; a rule that asks for it says nothing where it is not given. */
export interface RuleParameters {
  /** Prefixes of images that may run, such as `ghcr.io/acme/`. */
  readonly allowedRegistries?: readonly string[] | undefined;
  /** Regions of AWS and GCP that may hold anything, such as `eu-central-1` or `europe-west4`. */
  readonly allowedRegions?: readonly string[] | undefined;
  /** Families of machines that may be started, such as `g6`, `m7i`, `n2`, `a2`. */
  readonly allowedInstanceFamilies?: readonly string[] | undefined;
  /** Accelerators that one team may have at once, over all its quotas. */
  readonly gpusPerTeam?: number | undefined;
}

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? itemsOf(value).filter((item) => typeof item === "string") : undefined;

/** Parameters from the engine's untyped config; what is none is left out. */
export function readParameters(given: unknown): RuleParameters {
  const fields = fieldsOf(given);
  const [registries, regions, families] = [
    texts(fields.allowedRegistries),
    texts(fields.allowedRegions),
    texts(fields.allowedInstanceFamilies),
  ];
  return {
    ...(registries !== undefined && { allowedRegistries: registries }),
    ...(regions !== undefined && { allowedRegions: regions }),
    ...(families !== undefined && { allowedInstanceFamilies: families }),
    ...(typeof fields.gpusPerTeam === "number" && { gpusPerTeam: fields.gpusPerTeam }),
  };
}
