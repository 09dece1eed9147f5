import { Readable } from "node:stream";
import type { TrainingConnection } from "@bedplate/contract";
import type { BackendParts, TrainingBackend } from "../backend.ts";
import { leadingPod } from "./attempt-state.plan.ts";
import { createClusterRunner } from "./cluster-runner.ts";
import { openKubernetesApi } from "./kubernetes-api.ts";
import { clusterProblems, labels } from "./workload.plan.ts";

type ClusterConnection = Extract<TrainingConnection, { kind: "kubernetes" }>;

/**
 * Runs jobs in the cluster that the service itself is in. Every replica of the service does the same under one name, so
 * that any of them settles what another has started.
 */
export function openClusterBackend(parts: BackendParts, connection: ClusterConnection): TrainingBackend {
  const { settings } = parts;
  const api = openKubernetesApi(connection, settings.cluster);
  const runner = `kubernetes/${connection.deployment}`;
  const { killGraceMs } = settings;
  const placement = { connection, killGraceMs, retentionMs: settings.cluster.retentionMs };
  return {
    runner,
    check: async (spec) => clusterProblems(spec, connection),
    open: (_url, wake) => createClusterRunner({ ...parts, api, placement, runner, wake }),
    async log({ id }, attempt, tail) {
      const ours = [
        `${labels.deployment}=${connection.deployment}`,
        `${labels.job}=${id}`,
        `${labels.attempt}=${attempt}`,
      ];
      const pod = leadingPod(await api.list("pods", { labelSelector: ours.join(",") }));
      const whole = pod === null ? null : await api.podLog(pod, settings.logLimitBytes);
      if (whole === null) return { content: Readable.from([]), skipped: 0 };
      const skipped = tail === undefined ? 0 : lineStart(whole, Math.max(0, whole.length - tail));
      return { content: Readable.from([whole.subarray(skipped)]), skipped };
    },
    close: api.close,
  };
}

/** The first beginning of a line from a place on; the place itself where there is none. */
function lineStart(text: Buffer, from: number): number {
  if (from === 0) return 0;
  const end = text.indexOf("\n", from - 1);
  return end < 0 || end + 1 >= text.length ? from : end + 1;
}
