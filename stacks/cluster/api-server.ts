import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { ClusterAccess } from "./access.ts";
import { authorityOf, credentialsOf } from "./credentials.ts";
import type { ChosenCluster } from "./kubeconfig.plan.ts";
import { findCluster } from "./kubeconfig.ts";

/** Time for the API server to answer, in milliseconds; with that of a credential plugin it stays under 10 s. */
const answerWithinMs = 3_000;

const reasonOf = (error: unknown) => {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return error.message === "" ? code : (error.message.split("\n")[0] ?? code);
};

/** Status of an answer to `GET /version`. Rejects where none comes in time. */
async function statusOf(chosen: ChosenCluster): Promise<number> {
  const { cluster } = chosen;
  const { authorization, cert, key } = await credentialsOf(chosen);
  const url = new URL(`${cluster.server.replace(/\/+$/, "")}/version`);
  const options = {
    headers: { accept: "application/json", ...(authorization !== undefined && { authorization }) },
    ca: authorityOf(chosen),
    cert,
    key,
    servername: cluster["tls-server-name"],
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    signal: AbortSignal.timeout(answerWithinMs),
  };
  return await new Promise((resolve, reject) => {
    const send = url.protocol === "http:" ? plainRequest : tlsRequest;
    const sent = send(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once("error", (error) =>
      reject(options.signal.aborted ? new Error(`no answer within ${answerWithinMs / 1_000} s`) : error),
    );
    sent.end();
  });
}

/**
 * What keeps the engine from working on a stack's cluster, in a sentence; undefined where it answers and takes the
 * credentials. Looks only. A cluster behind a proxy is left to the engine.
 */
export async function clusterProblem(access: ClusterAccess, stack: string): Promise<string | undefined> {
  const chosen = findCluster(access);
  const where = `bedplate:cluster in stacks/Pulumi.${stack}.yaml`;
  if (typeof chosen === "string") return `${chosen}. Set KUBECONFIG, or kubeconfig and context of ${where}.`;
  if (chosen === null || chosen.cluster["proxy-url"] !== undefined) return undefined;
  const named = `The cluster of the context "${chosen.context}", ${chosen.cluster.server},`;
  try {
    const status = await statusOf(chosen);
    if (status === 401)
      return `${named} does not take the credentials of the kubeconfig (401): they are wrong or have expired. Sign in again.`;
    if (status >= 500) return `${named} answers ${status}: it is not ready. Try again when it is.`;
    return undefined;
  } catch (error) {
    return `${named} cannot be reached: ${reasonOf(error)}. Is it up, and is it the one that you mean? KUBECONFIG and ${where} say which.`;
  }
}
