import { z } from "zod";
import type { PlatformContext } from "../kubernetes/addon.plan.ts";
import { defineAddon, need, object, release } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest, type ObjectMeta } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, webhook } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { readOnlyContainer } from "../kubernetes/pod.plan.ts";

const controller = "envoy-gateway";
/** Namespace of the Gateway object and of its certificate. */
const namespace = "gateway";
const name = "public";

function gateway(domain: string): Manifest {
  return custom(
    "Gateway",
    { name, namespace },
    {
      gatewayClassName: controller,
      listeners: [
        {
          name: "https",
          port: 443,
          protocol: "HTTPS",
          hostname: `*.${domain}`,
          tls: { mode: "Terminate", certificateRefs: [{ name: "public-tls" }] },
          allowedRoutes: { namespaces: { from: "All" } },
        },
      ],
    },
  );
}

function proxy(replicas: number, exposure: string): Manifest {
  return custom(
    "EnvoyProxy",
    { name: controller, namespace: controller },
    {
      provider: {
        type: "Kubernetes",
        kubernetes: {
          envoyDeployment: {
            replicas,
            container: {
              securityContext: readOnlyContainer,
              resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
            },
          },
          envoyPDB: { minAvailable: 1 },
          envoyService: { type: exposure },
        },
      },
    },
  );
}

/** Traffic from outside by the Gateway API and Envoy, by TLS only. */
export const envoyGateway = defineAddon({
  type: "bedplate:gateway:EnvoyGateway",
  provides: ["gateway"],
  requires: ["certificates"],
  options: options({
    /** Proxies; 3 in production and 1 elsewhere when left out. */
    replicas: whole(1, 50).optional(),
    /** How the cluster hands traffic to it; a load balancer in production and inside only elsewhere when left out. */
    exposure: z.enum(["LoadBalancer", "ClusterIP"], "LoadBalancer or ClusterIP").optional(),
  }),
  plan: ({ replicas, exposure }, context) => {
    const { production, domain } = context;
    return {
      namespaces: [
        {
          name: controller,
          allows: [
            apiServer,
            webhook(9443),
            ingress("traffic", [10_443, 8443, 443], "anywhere"),
            { name: "backends", to: ["cluster"] },
          ],
        },
        { name: namespace, allows: [] },
      ],
      stages: [
        [
          release(
            "gateway-crds",
            controller,
            {
              crds: { gatewayAPI: { enabled: true, channel: "standard" }, envoyGateway: { enabled: true } },
            },
            { data: true },
          ),
        ],
        [
          release(
            "envoy-gateway",
            controller,
            {
              crds: { enabled: false },
              deployment: { replicas: production ? 2 : 1 },
              ...(production && { podDisruptionBudget: { minAvailable: 1 } }),
            },
            { skipCrds: true },
          ),
        ],
        [
          object(
            proxy(replicas ?? (production ? 3 : 1), exposure ?? (production ? "LoadBalancer" : "ClusterIP")),
          ),
          object(
            custom(
              "Certificate",
              { name: "public-tls", namespace },
              {
                secretName: "public-tls",
                dnsNames: [`*.${domain}`, domain],
                issuerRef: { name: need(context, "certificates").issuer, kind: "ClusterIssuer" },
              },
            ),
          ),
        ],
        [
          object(
            custom(
              "GatewayClass",
              { name: controller },
              {
                controllerName: "gateway.envoyproxy.io/gatewayclass-controller",
                parametersRef: {
                  group: "gateway.envoyproxy.io",
                  kind: "EnvoyProxy",
                  name: controller,
                  namespace: controller,
                },
              },
            ),
          ),
        ],
        [object(gateway(domain))],
      ],
      connections: { gateway: { name, namespace, className: controller, domain } },
    };
  },
});

/** The route by which a Service is reached from outside at `<host>.<domain>`; none where there is no gateway. */
export function routeTo(
  context: PlatformContext,
  metadata: ObjectMeta,
  host: string,
  port: number,
): readonly Manifest[] {
  const { gateway: found } = context.connections;
  if (found === undefined) return [];
  return [
    custom("HTTPRoute", metadata, {
      parentRefs: [{ name: found.name, namespace: found.namespace }],
      hostnames: [`${host}.${found.domain}`],
      rules: [{ backendRefs: [{ name: metadata.name, port }] }],
    }),
  ];
}

/** Where people reach a Service: through the gateway, or inside the cluster where there is none. */
export function urlOf(
  { connections: { gateway: found } }: PlatformContext,
  host: string,
  inside: string,
): string {
  return found === undefined ? inside : `https://${host}.${found.domain}`;
}
