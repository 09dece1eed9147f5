import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { gpuToleration, poolLabel } from "../gpu/gpu.plan.ts";
import {
  defineAddon,
  object,
  type PlatformContext,
  release,
  secret,
  type Values,
} from "../kubernetes/addon.plan.ts";
import { apiServer, egress, ingress, internet } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { gpuResource, resourcesOf, restrictedContainer } from "../kubernetes/pod.plan.ts";
import { toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, roleName, toSql } from "../sql/databases.plan.ts";

const name = "notebooks";
const namespace = "notebooks";
const keys = "jupyterhub-keys";

function profiles(gpu: boolean) {
  const cpu = {
    display_name: "Processor",
    default: true,
    kubespawner_override: { cpu_guarantee: 0.5, cpu_limit: 4, mem_guarantee: "1G", mem_limit: "8G" },
  };
  const graphics = {
    display_name: "GPU",
    kubespawner_override: {
      cpu_guarantee: 2,
      mem_guarantee: "8G",
      mem_limit: "32G",
      extra_resource_limits: { [gpuResource]: "1" },
      node_selector: { [poolLabel]: "gpu" },
      tolerations: [gpuToleration],
    },
  };
  return gpu ? [cpu, graphics] : [cpu];
}

function signIn({ connections: { identity }, domain }: PlatformContext): Values {
  if (identity === undefined) return { JupyterHub: { authenticator_class: "null" } };
  return {
    JupyterHub: { authenticator_class: "generic-oauth" },
    GenericOAuthenticator: {
      client_id: name,
      oauth_callback_url: `https://${name}.${domain}/hub/oauth_callback`,
      authorize_url: `${identity.issuer}/auth`,
      token_url: `${identity.issuer}/token`,
      userdata_url: `${identity.issuer}/userinfo`,
      username_claim: "email",
      scope: ["openid", "email", "groups"],
    },
  };
}

function values(idleMinutes: number, storage: string, context: PlatformContext): Values {
  const { production, connections, storageClass } = context;
  const container = { ...restrictedContainer, readOnlyRootFilesystem: false };
  return {
    hub: {
      existingSecret: keys,
      db: {
        type: "postgres",
        url: `postgresql://${roleName(name)}@${connections.sql?.host}:${connections.sql?.port}/${roleName(name)}`,
      },
      extraEnv: {
        PGPASSWORD: { valueFrom: { secretKeyRef: { name: databaseSecret(name), key: "password" } } },
      },
      config: signIn(context),
      containerSecurityContext: restrictedContainer,
      resources: resourcesOf({ cpu: "200m", memory: "1Gi" }),
      networkPolicy: { enabled: false },
    },
    proxy: {
      service: { type: "ClusterIP" },
      chp: {
        containerSecurityContext: restrictedContainer,
        networkPolicy: { enabled: false },
        resources: resourcesOf({ cpu: "100m", memory: "512Mi" }),
      },
    },
    singleuser: {
      profileList: profiles(connections.gpu !== undefined),
      allowPrivilegeEscalation: false,
      extraPodConfig: { securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } },
      extraContainerConfig: { securityContext: container },
      cloudMetadata: { blockWithIptables: false },
      networkPolicy: { enabled: false },
      storage: {
        capacity: storage,
        ...(storageClass !== undefined && { dynamic: { storageClass } }),
      },
    },
    prePuller: { hook: { enabled: false }, continuous: { enabled: false } },
    scheduling: { userScheduler: { enabled: false }, podPriority: { enabled: production } },
    cull: { enabled: true, timeout: idleMinutes * 60 },
  };
}

/** Notebooks by JupyterHub: profiles with and without a GPU, ended when nobody works in them. */
export const jupyterHub = defineAddon({
  type: "bedplate:notebooks:JupyterHub",
  provides: ["notebooks"],
  requires: ["sql"],
  after: ["gateway", "identity", "gpu", "runtime", "objectStore"],
  options: options({
    idleMinutes: whole(5, 10_080).default(60),
    /** Of each person's home. */
    storage: quantity.default("10Gi"),
  }),
  requests: () => ({ databases: [{ name, namespaces: [namespace] }] }),
  plan: ({ idleMinutes, storage }, context) => ({
    namespaces: [
      {
        name: namespace,
        holdsData: true,
        allows: [
          apiServer,
          internet,
          ingress("http", [8000, 8081], "cluster"),
          ...toSql(context),
          ...toObjectStore(context),
          ...(context.connections.runtime === undefined
            ? []
            : [egress(context.connections.runtime.namespace, 4680)]),
        ],
      },
    ],
    stages: [
      [
        secret({
          name: keys,
          generate: { cookie: 32, crypt: 32, proxy: 32 },
          data: true,
          copies: [
            {
              name: keys,
              namespace,
              data: {
                "hub.config.JupyterHub.cookie_secret": "{{cookie}}",
                "hub.config.CryptKeeper.keys": "{{crypt}}",
                "hub.config.ConfigurableHTTPProxy.auth_token": "{{proxy}}",
              },
            },
          ],
        }),
      ],
      [release("jupyterhub", namespace, values(idleMinutes, storage, context))],
      routeTo(context, { name: "proxy-public", namespace }, name, 80).map(object),
    ],
    connections: { notebooks: { url: urlOf(context, name, `http://proxy-public.${namespace}`), namespace } },
  }),
});
