import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { ChosenCluster, KubeconfigUser } from "./kubeconfig.plan.ts";

/** What a request to an API server shows. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly cert?: Buffer | string | undefined;
  readonly key?: Buffer | string | undefined;
}

const answerWithinMs = 4_000;

/** What a credential plugin prints (client.authentication.k8s.io). */
const execCredential = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** Bytes that stand in the kubeconfig itself, in base64, or in a file that it names. */
function bytesOf(data: string | undefined, path: string | undefined, folder: string): Buffer | undefined {
  if (data !== undefined) return Buffer.from(data, "base64");
  return path === undefined ? undefined : readFileSync(resolve(folder, path));
}

/** The certificate authority that a cluster's own certificate must be of. */
export function authorityOf({ cluster, clusterFolder }: ChosenCluster): Buffer | undefined {
  return bytesOf(cluster["certificate-authority-data"], cluster["certificate-authority"], clusterFolder);
}

async function ask({
  apiVersion,
  command,
  args,
  env,
}: NonNullable<KubeconfigUser["exec"]>): Promise<Credentials> {
  const variables = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const { execa } = await import("execa");
  const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const { stdout } = await execa(command, args ?? [], {
    env: { ...variables, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: answerWithinMs,
    stdin: "ignore",
  });
  const { token, clientCertificateData, clientKeyData } = execCredential.parse(JSON.parse(stdout)).status;
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    cert: clientCertificateData,
    key: clientKeyData,
  };
}

/** The credentials of a context, its plugin asked where it names one. Throws where they cannot be had. */
export async function credentialsOf({ user, userFolder }: ChosenCluster): Promise<Credentials> {
  if (user.exec) return ask(user.exec);
  const token =
    user.tokenFile === undefined
      ? user.token
      : readFileSync(resolve(userFolder, user.tokenFile), "utf8").trim();
  const basic =
    user.username === undefined
      ? undefined
      : `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
  return {
    authorization: token === undefined ? basic : `Bearer ${token}`,
    cert: bytesOf(user["client-certificate-data"], user["client-certificate"], userFolder),
    key: bytesOf(user["client-key-data"], user["client-key"], userFolder),
  };
}
