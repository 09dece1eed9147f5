import { cloudCases } from "./cloud.ts";
import { kubernetesCases } from "./kubernetes.ts";
import { mlCases } from "./ml.ts";
import { networkCases } from "./network.ts";
import { ownershipCases } from "./ownership.ts";
import type { ResourceCases } from "./resource-case.ts";
import { secretsCases } from "./secrets.ts";

/** Cases for each rule about single resources that is not of the Pod Security Standards, by the rule's id. */
export const resourceCases: Readonly<Record<string, ResourceCases>> = {
  ...cloudCases,
  ...kubernetesCases,
  ...mlCases,
  ...networkCases,
  ...ownershipCases,
  ...secretsCases,
};
