import type { PodCase, PodCases } from "./pod-case.ts";

const context = (what: string, securityContext: object): PodCase => ({
  what,
  container: { securityContext },
});
const podContext = (what: string, securityContext: object): PodCase => ({ what, spec: { securityContext } });
const volume = (type: string): PodCase => ({
  what: `has a ${type} volume`,
  spec: { volumes: [{ name: "v", [type]: {} }] },
});
const windows = (what: string, container: object): PodCase => ({
  what: `${what} on Windows`,
  spec: { os: { name: "windows" } },
  container,
});
const ownUsers = (what: string, container: object): PodCase => ({
  what: `${what} with users of its own`,
  spec: { hostUsers: false },
  container,
});
const capabilities = (given: unknown) => context(`has ${JSON.stringify(given)}`, { capabilities: given });
const refusedVolumes = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "azureDisk",
  "vsphereVolume",
  "quobyte",
  "portworxVolume",
  "photonPersistentDisk",
  "scaleIO",
  "storageos",
  "anythingNew",
];
const keptVolumes = [
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

/** Mutations for each rule of the restricted level, by the rule's id. */
export const restrictedCases: Readonly<Record<string, PodCases>> = {
  "pss-restricted-volumes": {
    bad: [
      ...refusedVolumes.map(volume),
      { what: "has a volume of two kinds", spec: { volumes: [{ name: "v", hostPath: {}, nfs: {} }] } },
    ],
    good: [
      ...keptVolumes.map(volume),
      { what: "has a volume without a source", spec: { volumes: [{ name: "v" }] } },
      { what: "has no volumes", spec: { volumes: null } },
    ],
  },
  "pss-restricted-run-as-non-root": {
    bad: [
      podContext("says false for the pod", { runAsNonRoot: false }),
      podContext("says nothing at all", { runAsNonRoot: null }),
      { what: "has no security context for the pod", spec: { securityContext: undefined } },
      context("says false", { runAsNonRoot: false }),
      context("says false in words", { runAsNonRoot: "false" }),
    ],
    good: [
      context("says it again", { runAsNonRoot: true }),
      context("leaves it to the pod", { runAsNonRoot: null }),
      ownUsers("says false", { securityContext: { runAsNonRoot: false } }),
    ],
  },
  "pss-restricted-run-as-user": {
    bad: [0, "0"].flatMap((runAsUser) => [
      podContext(`is user ${JSON.stringify(runAsUser)} in the pod`, { runAsUser }),
      context(`is user ${JSON.stringify(runAsUser)}`, { runAsUser }),
    ]),
    good: [
      podContext("is user 1000 in the pod", { runAsUser: 1000 }),
      context("is user 65534", { runAsUser: 65_534 }),
      context("names no user", { runAsUser: null }),
      ownUsers("is user 0", { securityContext: { runAsUser: 0 } }),
    ],
  },
  "pss-restricted-privilege-escalation": {
    bad: [
      context("may escalate", { allowPrivilegeEscalation: true }),
      context("does not say", { allowPrivilegeEscalation: undefined }),
      context("says null", { allowPrivilegeEscalation: null }),
      context("says it with a number", { allowPrivilegeEscalation: 0 }),
      { what: "has no security context", container: { securityContext: undefined } },
    ],
    good: [
      context("may not escalate", { allowPrivilegeEscalation: false }),
      windows("may escalate", { securityContext: { allowPrivilegeEscalation: true } }),
    ],
  },
  "pss-restricted-capabilities": {
    bad: [
      capabilities(null),
      capabilities({ drop: [] }),
      capabilities({ drop: ["NET_RAW"] }),
      capabilities({ drop: ["all"] }),
      capabilities({ drop: "ALL" }),
      capabilities({ drop: ["ALL"], add: ["CHOWN"] }),
      capabilities({ drop: ["ALL"], add: ["NET_BIND_SERVICE", "SETUID"] }),
      { what: "has no security context", container: { securityContext: undefined } },
    ],
    good: [
      capabilities({ drop: ["ALL"], add: ["NET_BIND_SERVICE"] }),
      capabilities({ drop: ["NET_RAW", "ALL"], add: [] }),
      windows("drops nothing", { securityContext: { capabilities: null } }),
    ],
  },
  "pss-restricted-seccomp-profile": {
    bad: [
      podContext("has none for the pod", { seccompProfile: null }),
      podContext("is unconfined in the pod", { seccompProfile: { type: "Unconfined" } }),
      podContext("has an empty one in the pod", { seccompProfile: { type: "" } }),
      context("is unconfined", { seccompProfile: { type: "Unconfined" } }),
      context("has a type that is null", { seccompProfile: { type: null } }),
    ],
    good: [
      context("has one of its own", { seccompProfile: { type: "RuntimeDefault" } }),
      podContext("has one of the node", { seccompProfile: { type: "Localhost", localhostProfile: "p" } }),
      {
        what: "has none on Windows",
        spec: { os: { name: "windows" }, securityContext: { seccompProfile: null } },
      },
    ],
  },
  "pss-restricted-proc-mount": {
    bad: [
      context("unmasks /proc", { procMount: "Unmasked" }),
      ownUsers("unmasks /proc", { securityContext: { procMount: "Unmasked" } }),
    ],
    good: [context("masks /proc", { procMount: "Default" }), context("says nothing", { procMount: null })],
  },
};
