import { z } from "zod";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";

const namespace = "cert-manager";
const issuer = "platform";

/** Certificates by cert-manager: of an authority of our own, or of an ACME one such as Let's Encrypt. */
export const certManager = defineAddon({
  type: "bedplate:certificates:CertManager",
  provides: ["certificates"],
  options: options({
    /** Mail address for an ACME account; an authority of our own when left out. */
    acmeEmail: z.email("a mail address").optional(),
    acmeServer: z
      .url({ protocol: /^https$/, error: "the https:// address of an ACME directory" })
      .default("https://acme-v02.api.letsencrypt.org/directory"),
    /** Who installs the chart: a release of ours, or the component of the package @pulumi/kubernetes-cert-manager. */
    installer: z.enum(["release", "pulumi-component"], "release or pulumi-component").default("release"),
  }),
  plan: ({ acmeEmail, acmeServer, installer }, { production }) => ({
    namespaces: [{ name: namespace, allows: [apiServer, internet, webhook(10_250)] }],
    stages: [
      [
        release(
          "cert-manager",
          namespace,
          {
            crds: { enabled: true, keep: true },
            replicaCount: production ? 2 : 1,
            webhook: { replicaCount: production ? 3 : 1 },
            cainjector: { replicaCount: production ? 2 : 1 },
            startupapicheck: { enabled: true },
            config: { enableGatewayAPI: true },
            ...(production && { podDisruptionBudget: { enabled: true } }),
          },
          { data: true, ...(installer === "pulumi-component" && { installer }) },
        ),
      ],
      [object(custom("ClusterIssuer", { name: "self-signed" }, { selfSigned: {} }))],
      [
        object(
          custom(
            "Certificate",
            { name: "platform-ca", namespace },
            {
              isCA: true,
              commonName: "platform-ca",
              secretName: "platform-ca",
              privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
              issuerRef: { name: "self-signed", kind: "ClusterIssuer" },
            },
          ),
        ),
      ],
      [
        object(
          custom(
            "ClusterIssuer",
            { name: issuer },
            acmeEmail === undefined
              ? { ca: { secretName: "platform-ca" } }
              : {
                  acme: {
                    email: acmeEmail,
                    server: acmeServer,
                    privateKeySecretRef: { name: "acme-account" },
                    solvers: [
                      {
                        http01: {
                          gatewayHTTPRoute: {
                            parentRefs: [{ name: "public", namespace: "gateway", kind: "Gateway" }],
                          },
                        },
                      },
                    ],
                  },
                },
          ),
        ),
      ],
    ],
    monitors: [
      {
        name: "cert-manager",
        namespace,
        labels: { "app.kubernetes.io/component": "controller", "app.kubernetes.io/name": "cert-manager" },
        port: "tcp-prometheus-servicemonitor",
      },
    ],
    connections: { certificates: { issuer } },
  }),
});
