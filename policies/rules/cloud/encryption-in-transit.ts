import { all, defineTypedRule, isOn, isOneOf, staysOn, wants, where } from "../../lib/expectation.ts";
import { type Fields, fieldsOf, holdsUnknown, itemsOf, quote } from "../../lib/plain-data.ts";

const plain = new Set(["HTTP", "TCP"]);

/** A listener in plain text is fine when all that it does is to send callers to the other one. */
function listener(properties: Fields): readonly string[] {
  const { protocol, port, defaultActions } = properties;
  if ([protocol, port, defaultActions].some(holdsUnknown)) return [];
  const speaks = protocol ?? (port === 443 ? "HTTPS" : "HTTP");
  if (typeof speaks !== "string" || !plain.has(speaks.toUpperCase())) return [];
  const actions = itemsOf(defaultActions).map(fieldsOf);
  const redirects = actions.every(
    ({ type, redirect }) => type === "redirect" && fieldsOf(redirect).protocol === "HTTPS",
  );
  if (actions.length > 0 && redirects) return [];
  return [`protocol is ${quote(protocol)}: use HTTPS or TLS, or redirect to it`];
}

const encryptedOnly = ["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"];

export const encryptionInTransit = defineTypedRule(
  import.meta.url,
  {
    description: "Nothing that a cloud runs for us is spoken to in plain text.",
    severity: "high",
    controls: ["CIS GCP 6.4", "NSA/CISA 1.2 network separation", "SOC 2 CC6.7"],
    remediation: "Require TLS at the service, 1.2 or later, and have clients check its certificate.",
  },
  {
    "aws:lb/listener:Listener": listener,
    "aws:alb/listener:Listener": listener,
    "aws:elasticache/replicationGroup:ReplicationGroup": all(
      isOn("transitEncryptionEnabled"),
      wants("transitEncryptionMode", (mode) => mode !== "preferred", 'use "required"'),
    ),
    "aws:memorydb/cluster:Cluster": staysOn("tlsEnabled"),
    "aws:msk/cluster:Cluster": all(
      wants(
        "encryptionInfo.encryptionInTransit.clientBroker",
        (value) => value === undefined || value === null || value === "TLS",
        'use "TLS"',
      ),
      staysOn("encryptionInfo.encryptionInTransit.inCluster"),
    ),
    "aws:opensearch/domain:Domain": all(
      isOn("domainEndpointOptions.enforceHttps"),
      isOn("nodeToNodeEncryption.enabled"),
      wants(
        "domainEndpointOptions.tlsSecurityPolicy",
        (policy) => typeof policy === "string" && !/TLS-1-0/.test(policy),
        'use "Policy-Min-TLS-1-2-PFS-2023-10"',
      ),
    ),
    "aws:cloudfront/distribution:Distribution": wants(
      "defaultCacheBehavior.viewerProtocolPolicy",
      (policy) => policy === "https-only" || policy === "redirect-to-https",
      'use "redirect-to-https"',
    ),
    "gcp:sql/databaseInstance:DatabaseInstance": where(
      ["instanceType"],
      (type) => type !== "READ_REPLICA_INSTANCE",
      isOneOf("settings.ipConfiguration.sslMode", encryptedOnly),
    ),
    "gcp:redis/instance:Instance": isOneOf("transitEncryptionMode", ["SERVER_AUTHENTICATION"]),
    "gcp:redis/cluster:Cluster": isOneOf("transitEncryptionMode", [
      "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION",
    ]),
    "gcp:memorystore/instance:Instance": isOneOf("transitEncryptionMode", ["SERVER_AUTHENTICATION"]),
    "gcp:compute/sSLPolicy:SSLPolicy": isOneOf("minTlsVersion", ["TLS_1_2", "TLS_1_3"]),
  },
);
