import { apiServer, ingress, type NamespacePlan } from "../kubernetes/namespace.plan.ts";

/** What looks into nodes stands apart, so that no other namespace must allow it. */
export const nodeAgents: NamespacePlan = {
  name: "node-agents",
  level: "privileged",
  reason: "agents read the processes, disks and logs of their node",
  allows: [apiServer, ingress("figures", [9100, 8888], "cluster")],
};
