import type { Rule, RuleName, RuleText, StackRule } from "../lib/rule.ts";
import { auditLogs } from "./cloud/audit-logs.ts";
import { backups } from "./cloud/backups.ts";
import { budgets } from "./cloud/budgets.ts";
import { deletionProtection } from "./cloud/deletion-protection.ts";
import { encryptionAtRest } from "./cloud/encryption-at-rest.ts";
import { encryptionInTransit } from "./cloud/encryption-in-transit.ts";
import { gpuCeiling } from "./cloud/gpu-ceiling.ts";
import { instanceFamilies } from "./cloud/instance-families.ts";
import { leastPrivilege } from "./cloud/least-privilege.ts";
import { metadataTokens } from "./cloud/metadata-tokens.ts";
import { privateEndpoints } from "./cloud/private-endpoints.ts";
import { publicAccess } from "./cloud/public-access.ts";
import { regions } from "./cloud/regions.ts";
import { spotTraining } from "./cloud/spot-training.ts";
import { tags } from "./cloud/tags.ts";
import { defaultDeny } from "./kubernetes/default-deny.ts";
import { defaultToken } from "./kubernetes/default-token.ts";
import { disruptionBudget } from "./kubernetes/disruption-budget.ts";
import { gatewayTls } from "./kubernetes/gateway-tls.ts";
import { imageDigest } from "./kubernetes/image-digest.ts";
import { imageRegistry } from "./kubernetes/image-registry.ts";
import { namespacePodSecurity } from "./kubernetes/namespace-pod-security.ts";
import { nodePort } from "./kubernetes/node-port.ts";
import { probes } from "./kubernetes/probes.ts";
import { rbacEscalation } from "./kubernetes/rbac-escalation.ts";
import { rbacWildcards } from "./kubernetes/rbac-wildcards.ts";
import { resourceLimits } from "./kubernetes/resource-limits.ts";
import { driftMonitor } from "./ml/drift-monitor.ts";
import { fourEyes } from "./ml/four-eyes.ts";
import { modelSource } from "./ml/model-source.ts";
import { personalData } from "./ml/personal-data.ts";
import { publicInference } from "./ml/public-inference.ts";
import { retention } from "./ml/retention.ts";
import { signedModels } from "./ml/signed-models.ts";
import { loopbackUnlessTls } from "./network/loopback-unless-tls.ts";
import { ownerAndEnvironment } from "./ownership/owner-and-environment.ts";
import { appArmorProfile } from "./pss-baseline/apparmor-profile.ts";
import { baselineCapabilities } from "./pss-baseline/capabilities.ts";
import { hostNamespaces } from "./pss-baseline/host-namespaces.ts";
import { hostPathVolumes } from "./pss-baseline/host-path-volumes.ts";
import { hostPorts } from "./pss-baseline/host-ports.ts";
import { hostProbes } from "./pss-baseline/host-probes.ts";
import { privileged } from "./pss-baseline/privileged.ts";
import { baselineProcMount } from "./pss-baseline/proc-mount.ts";
import { baselineSeccomp } from "./pss-baseline/seccomp-profile.ts";
import { selinuxOptions } from "./pss-baseline/selinux-options.ts";
import { sysctls } from "./pss-baseline/sysctls.ts";
import { windowsHostProcess } from "./pss-baseline/windows-host-process.ts";
import { restrictedCapabilities } from "./pss-restricted/capabilities.ts";
import { privilegeEscalation } from "./pss-restricted/privilege-escalation.ts";
import { restrictedProcMount } from "./pss-restricted/proc-mount.ts";
import { runAsNonRoot } from "./pss-restricted/run-as-non-root.ts";
import { runAsUser } from "./pss-restricted/run-as-user.ts";
import { restrictedSeccomp } from "./pss-restricted/seccomp-profile.ts";
import { restrictedVolumes } from "./pss-restricted/volumes.ts";
import { noPlaintextEnvironment } from "./secrets/no-plaintext-environment.ts";

/** Every rule of the pack about single resources. */
export const rules: readonly Rule[] = [
  auditLogs,
  backups,
  deletionProtection,
  encryptionAtRest,
  encryptionInTransit,
  instanceFamilies,
  leastPrivilege,
  metadataTokens,
  privateEndpoints,
  publicAccess,
  regions,
  spotTraining,
  tags,
  defaultToken,
  gatewayTls,
  imageDigest,
  imageRegistry,
  namespacePodSecurity,
  nodePort,
  probes,
  rbacEscalation,
  rbacWildcards,
  resourceLimits,
  driftMonitor,
  fourEyes,
  modelSource,
  personalData,
  signedModels,
  loopbackUnlessTls,
  ownerAndEnvironment,
  appArmorProfile,
  baselineCapabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  baselineProcMount,
  baselineSeccomp,
  selinuxOptions,
  sysctls,
  windowsHostProcess,
  restrictedCapabilities,
  privilegeEscalation,
  restrictedProcMount,
  runAsNonRoot,
  runAsUser,
  restrictedSeccomp,
  restrictedVolumes,
  noPlaintextEnvironment,
];

/** Every rule of the pack about a whole stack. */
export const stackRules: readonly StackRule[] = [
  budgets,
  gpuCeiling,
  defaultDeny,
  disruptionBudget,
  publicInference,
  retention,
];

/** What people read about every rule of the pack, by group. */
export const ruleTexts: readonly (RuleText & RuleName)[] = [...rules, ...stackRules].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

/** The rules that can mend what they find. */
export const mendingRules: readonly string[] = rules
  .filter(({ edits }) => edits !== undefined)
  .map(({ id }) => id);
