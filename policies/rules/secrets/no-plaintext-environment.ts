import { type EnvironmentEntry, environmentEntries } from "../../lib/environment.ts";
import { fieldsOf } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineRule, type ResourceView } from "../../lib/rule.ts";
import { hasPrivateKey, hasUrlPassword, isReference, isSecretName } from "../../lib/secret-words.ts";

/** A count, such as a limit of tokens. */
const isCount = ({ name, value }: EnvironmentEntry) => /S$/i.test(name) && /^\d+$/.test(value);

function exposure(entry: EnvironmentEntry): string | undefined {
  if (hasPrivateKey(entry.value)) return "holds a private key";
  if (hasUrlPassword(entry.value)) return "holds a URL with a password";
  const exposed = isSecretName(entry.name) && !isReference(entry.value) && !isCount(entry);
  return exposed ? "holds a secret in plain text" : undefined;
}

/** Config maps become environments through `envFrom`; keys that cannot be variables are files. */
function configMapEntries(resource: ResourceView): EnvironmentEntry[] {
  if (kubernetesKind(resource.type) !== "ConfigMap") return [];
  return kubernetesObjects(resource).flatMap(({ data }) =>
    Object.entries(fieldsOf(data)).flatMap(([name, value]) =>
      typeof value === "string" && /^[A-Za-z_]\w*$/.test(name) ? [{ name, value, path: `data.${name}` }] : [],
    ),
  );
}

export const noPlaintextEnvironment = defineRule(import.meta.url, {
  description:
    "No secret stands in plain text in an environment variable, where every reader of the process or the manifest sees it.",
  severity: "critical",
  controls: ["CIS Kubernetes 5.4.1", "SOC 2 CC6.1"],
  remediation: "Put it into a Secret or a file of mode 0600 and pass a reference or the path.",
  violations: (resource) =>
    [...environmentEntries(resource.properties), ...configMapEntries(resource)].flatMap((entry) => {
      const what = exposure(entry);
      if (what === undefined) return [];
      return [
        `${entry.path} (${entry.name}) ${what}: put it into a file of mode 0600 or a Secret and pass the path or a reference, such as ${entry.name}_FILE or valueFrom.secretKeyRef`,
      ];
    }),
});
