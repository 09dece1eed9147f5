import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, object } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { deployment, service } from "../kubernetes/pod.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";

const name = "optuna";
const namespace = "sweeps";
const port = 8080;

/** The dashboard takes its storage's address as an argument, which everybody on the node could read: by the variable instead. */
const program = `import os
from optuna_dashboard import run_server
run_server(os.environ["OPTUNA_STORAGE"], host="0.0.0.0", port=${port})
`;

/** Studies of Optuna in PostgreSQL, with its dashboard. */
export const optunaDashboard = defineAddon({
  type: "bedplate:sweeps:OptunaDashboard",
  provides: ["sweeps"],
  requires: ["sql"],
  after: ["gateway"],
  options: options({}),
  requests: () => ({ databases: [{ name, namespaces: [namespace] }] }),
  plan: (_options, context) => ({
    namespaces: [{ name: namespace, allows: [ingress("http", [port], "cluster"), ...toSql(context)] }],
    stages: [
      [
        object(
          deployment(
            { name, namespace },
            {
              containers: [
                {
                  name: "dashboard",
                  image: context.image("optuna-dashboard"),
                  command: ["python", "-c", program],
                  ports: { http: port },
                  secretEnv: { OPTUNA_STORAGE: `${databaseSecret(name)}/url` },
                  writable: ["/tmp"],
                  probe: { path: "/dashboard", port: "http" },
                  size: { cpu: "100m", memory: "512Mi" },
                },
              ],
            },
            { replicas: 1 },
          ),
        ),
        object(service({ name, namespace }, { http: port })),
      ],
      routeTo(context, { name, namespace }, name, port).map(object),
    ],
    connections: { sweeps: { url: urlOf(context, name, `http://${name}.${namespace}:${port}`), namespace } },
  }),
});
