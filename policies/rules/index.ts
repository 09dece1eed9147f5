import type { Rule } from "../lib/rule.ts";
import { defaultToken } from "./kubernetes/default-token.ts";
import { gatewayTls } from "./kubernetes/gateway-tls.ts";
import { imageDigest } from "./kubernetes/image-digest.ts";
import { namespacePodSecurity } from "./kubernetes/namespace-pod-security.ts";
import { nodePort } from "./kubernetes/node-port.ts";
import { probes } from "./kubernetes/probes.ts";
import { rbacEscalation } from "./kubernetes/rbac-escalation.ts";
import { rbacWildcards } from "./kubernetes/rbac-wildcards.ts";
import { resourceLimits } from "./kubernetes/resource-limits.ts";
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

/** Every rule of the pack. */
export const rules: readonly Rule[] = [
  defaultToken,
  gatewayTls,
  imageDigest,
  namespacePodSecurity,
  nodePort,
  probes,
  rbacEscalation,
  rbacWildcards,
  resourceLimits,
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
