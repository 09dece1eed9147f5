import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import type { Cluster } from "@bedplate/tools/cluster";

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  /** What it warns of, one line each. */
  readonly warnings: readonly string[];
}

/** Calls of the API server over a few connections that stay open. */
export interface ApiClient {
  send(method: "POST" | "PUT", path: string, object: unknown): Promise<ApiAnswer>;
  close(): void;
}

const admin = { namespace: "default", name: "test-admin" };

/** A client with every right. Its account is made in the cluster. */
export async function openApiClient(cluster: Cluster): Promise<ApiClient> {
  const subject = { kind: "ServiceAccount", ...admin };
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
  await cluster.apply([
    { apiVersion: "v1", kind: "ServiceAccount", metadata: admin },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: admin.name },
      roleRef: role,
      subjects: [subject],
    },
  ]);
  const token = await cluster.kubectl([
    "create",
    "token",
    admin.name,
    "-n",
    admin.namespace,
    "--duration=2h",
  ]);
  const agent = new Agent({ ca: readFileSync(cluster.caFile), keepAlive: true, maxSockets: 8 });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return {
    async send(method, path, object) {
      const sent = request(new URL(path, cluster.server), { method, agent, headers });
      sent.end(JSON.stringify(object));
      const [response] = await once(sent, "response");
      const warnings = response.headersDistinct.warning ?? [];
      return { status: response.statusCode, body: await text(response), warnings };
    },
    close: () => agent.destroy(),
  };
}
