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

/** In whose place the administrator speaks. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Calls of the API server over a few connections that stay open. */
export interface ApiClient {
  send(
    method: "GET" | "POST" | "PUT" | "PATCH",
    path: string,
    object?: unknown,
    caller?: Caller,
  ): Promise<ApiAnswer>;
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
  return {
    async send(method, path, object, caller) {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
        ...(caller && { "impersonate-user": caller.user, "impersonate-group": [...caller.groups] }),
      };
      const sent = request(new URL(path, cluster.server), { method, agent, headers });
      sent.end(object === undefined ? undefined : JSON.stringify(object));
      const [response] = await once(sent, "response");
      const warnings = response.headersDistinct.warning ?? [];
      return { status: response.statusCode, body: await text(response), warnings };
    },
    close: () => agent.destroy(),
  };
}
