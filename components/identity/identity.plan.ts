import { z } from "zod";
import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, need, object, release, secret } from "../kubernetes/addon.plan.ts";
import { apiServer, egress, ingress, internet } from "../kubernetes/namespace.plan.ts";
import { httpsUrl, options } from "../kubernetes/options.plan.ts";
import {
  readOnlyContainer,
  resourcesOf,
  restrictedContainer,
  restrictedPod,
} from "../kubernetes/pod.plan.ts";
import { databaseSecret, roleName, toSql } from "../sql/databases.plan.ts";

const namespace = "identity";

/** Sign-in by Dex, which hands people on to an identity provider that you have, such as GitHub or an LDAP directory. */
export const dex = defineAddon({
  type: "bedplate:identity:Dex",
  provides: ["identity"],
  requires: ["gateway"],
  options: options({
    /** Connectors in Dex's own words; secrets in them as `$NAME`, from the environment. */
    connectors: z
      .array(z.record(z.string(), z.unknown()), "a list of Dex connectors")
      .min(1, "at least one connector, where people's names and passwords are"),
  }),
  plan: ({ connectors }, context) => {
    const issuer = urlOf(context, "dex", `http://dex.${namespace}:5556`);
    return {
      namespaces: [
        { name: namespace, allows: [apiServer, internet, ingress("http", [5556, 8080], "cluster")] },
      ],
      stages: [
        [
          release("dex", namespace, {
            replicaCount: context.production ? 2 : 1,
            podSecurityContext: restrictedPod,
            securityContext: readOnlyContainer,
            resources: resourcesOf({ cpu: "50m", memory: "128Mi" }),
            config: {
              issuer,
              storage: { type: "kubernetes", config: { inCluster: true } },
              enablePasswordDB: false,
              connectors,
            },
          }),
        ],
        routeTo(context, { name: "dex", namespace }, "dex", 5556).map(object),
      ],
      connections: { identity: { issuer } },
    };
  },
});

const keycloakName = "keycloak";

/** People, groups and sign-in by Keycloak, in PostgreSQL. */
export const keycloak = defineAddon({
  type: "bedplate:identity:Keycloak",
  provides: ["identity"],
  requires: ["gateway", "sql"],
  options: options({}),
  requests: () => ({ databases: [{ name: keycloakName, namespaces: [namespace] }] }),
  plan: (_options, context) => {
    const { host, port } = need(context, "sql");
    const url = urlOf(context, keycloakName, `http://keycloak-http.${namespace}`);
    return {
      namespaces: [
        {
          name: namespace,
          allows: [ingress("http", [8080, 8443, 9000], "cluster"), ...toSql(context)],
        },
      ],
      stages: [
        [
          secret({
            name: "keycloak-admin",
            generate: { password: 24 },
            copies: [{ name: "keycloak-admin", namespace, data: { password: "{{password}}" } }],
          }),
        ],
        [
          release("keycloak", namespace, {
            replicas: context.production ? 2 : 1,
            podSecurityContext: { ...restrictedPod, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
            securityContext: restrictedContainer,
            resources: resourcesOf({ cpu: "500m", memory: "2Gi" }),
            database: {
              vendor: "postgres",
              hostname: host,
              port,
              database: roleName(keycloakName),
              existingSecret: databaseSecret(keycloakName),
              existingSecretKey: "password",
              username: roleName(keycloakName),
            },
            proxy: { mode: "xforwarded" },
            http: { relativePath: "/" },
            extraEnv: [
              `- {name: KC_HOSTNAME, value: "${url}"}`,
              "- {name: KC_BOOTSTRAP_ADMIN_USERNAME, value: admin}",
              "- {name: KC_BOOTSTRAP_ADMIN_PASSWORD, valueFrom: {secretKeyRef: {name: keycloak-admin, key: password}}}",
            ].join("\n"),
          }),
        ],
        routeTo(context, { name: "keycloak-http", namespace }, keycloakName, 80).map(object),
      ],
      connections: { identity: { issuer: `${url}/realms/bedplate` } },
    };
  },
});

/** An OIDC provider that is there already; makes nothing. */
export const existingOidc = defineAddon({
  type: "bedplate:identity:ExistingOidc",
  flavor: "existing",
  provides: ["identity"],
  options: options({ issuer: httpsUrl }),
  plan: ({ issuer }) => ({ namespaces: [], stages: [], connections: { identity: { issuer } } }),
});

const proxyNamespace = "sign-in";
const proxyKeys = "oauth2-proxy-keys";

/** Sign-in before pages that have none of their own: oauth2-proxy, asked by the gateway. */
export const oauth2Proxy = defineAddon({
  type: "bedplate:identity:OAuth2Proxy",
  provides: ["signIn"],
  requires: ["identity", "gateway"],
  options: options({
    clientId: z.string("the client's name at the issuer").min(1).max(255).default("bedplate"),
    /** Mail domains whose people may come in. */
    emailDomains: z.array(z.string("a mail domain").min(1)).min(1, "at least one mail domain; * for all"),
  }),
  needsSecrets: () => ["oidcClientSecret"],
  plan: ({ clientId, emailDomains }, context) => {
    const { issuer } = need(context, "identity");
    return {
      namespaces: [
        {
          name: proxyNamespace,
          allows: [internet, ingress("http", [4180], "cluster"), egress(namespace, 5556, 8080)],
        },
      ],
      stages: [
        [
          secret({
            name: proxyKeys,
            generate: { cookie: 24 },
            given: { client: "oidcClientSecret" },
            copies: [
              {
                name: proxyKeys,
                namespace: proxyNamespace,
                data: { "client-id": clientId, "client-secret": "{{client}}", "cookie-secret": "{{cookie}}" },
              },
            ],
          }),
        ],
        [
          release("oauth2-proxy", proxyNamespace, {
            replicaCount: context.production ? 2 : 1,
            podSecurityContext: restrictedPod,
            securityContext: { enabled: true, ...readOnlyContainer },
            resources: resourcesOf({ cpu: "50m", memory: "128Mi" }),
            "redis-ha": { enabled: false },
            config: { existingSecret: proxyKeys },
            extraArgs: {
              provider: "oidc",
              "oidc-issuer-url": issuer,
              "email-domain": emailDomains.join(","),
              "reverse-proxy": "true",
              upstream: "static://202",
              "cookie-domain": `.${context.domain}`,
              "whitelist-domain": `.${context.domain}`,
            },
          }),
        ],
        routeTo(context, { name: "oauth2-proxy", namespace: proxyNamespace }, "sign-in", 80).map(object),
      ],
      connections: {
        signIn: {
          url: urlOf(context, "sign-in", `http://oauth2-proxy.${proxyNamespace}`),
          namespace: proxyNamespace,
        },
      },
    };
  },
});
