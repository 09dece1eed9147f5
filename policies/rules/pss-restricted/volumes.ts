import { isUnknown } from "../../lib/plain-data.ts";
import { definePodRule, isSet, volumesOf } from "../../lib/pod-security.ts";

/** A volume without a source is an emptyDir. */
const allowed = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

export const restrictedVolumes = definePodRule(
  import.meta.url,
  {
    description: "Pods use only volumes that keep them apart from their node and from other pods' storage.",
    severity: "medium",
    controls: ["PSS restricted"],
    remediation:
      "Use configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected or secret.",
  },
  ({ spec }) =>
    volumesOf(spec).flatMap(({ at, volume }) => {
      const sources = Object.keys(volume).filter((key) => key !== "name" && isSet(volume[key]));
      if (sources.length === 0 || sources.some((key) => allowed.has(key))) return [];
      if (sources.every((key) => isUnknown(volume[key]))) return [];
      return [
        { at, what: `is a ${sources.join(" and ")}: use a claim, an emptyDir, a config map or a secret` },
      ];
    }),
);
