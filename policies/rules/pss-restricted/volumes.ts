import { any, every, hasBeside, isGiven, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { fieldsOf, isSet } from "../../lib/plain-data.ts";
import { volumes } from "../../lib/scope.ts";

/** A volume without a source is an emptyDir. */
const allowed = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const sourcesOf = (volume: unknown) =>
  Object.entries(fieldsOf(volume))
    .flatMap(([key, value]) => (key !== "name" && isSet(value) ? [key] : []))
    .join(" and ");

export const restrictedVolumes = definePodRule(
  import.meta.url,
  {
    description: "Pods use only volumes that keep them apart from their node and from other pods' storage.",
    severity: "medium",
    controls: ["PSS restricted"],
    remediation:
      "Use configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected or secret.",
  },
  [
    {
      each: volumes,
      refuse: every(
        hasBeside("", ["name", ...allowed]),
        not(any(...allowed.map((source) => isGiven(source)))),
      ),
      what: (volume) => `is a ${sourcesOf(volume)}: use a claim, an emptyDir, a config map or a secret`,
    },
  ],
);
