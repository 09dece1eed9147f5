import { z } from "zod";

const cluster = z.looseObject({
  server: z.string(),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
  "proxy-url": z.string().optional(),
});
const user = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  exec: z
    .looseObject({
      apiVersion: z.string(),
      command: z.string(),
      args: z.array(z.string()).nullish(),
      env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
      interactiveMode: z.string().optional(),
    })
    .nullish(),
});
export type KubeconfigCluster = z.infer<typeof cluster>;
export type KubeconfigUser = z.infer<typeof user>;

/** What of a kubeconfig file says where a cluster is, and who one is there. */
export const kubeconfigFile = z.looseObject({
  "current-context": z.string().optional(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster })).nullish(),
  contexts: z
    .array(
      z.looseObject({
        name: z.string(),
        context: z.looseObject({ cluster: z.string(), user: z.string().optional() }),
      }),
    )
    .nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: user.nullish() })).nullish(),
});
export type KubeconfigFile = z.infer<typeof kubeconfigFile>;

/** A kubeconfig file with the folder that its relative paths are taken from. */
export interface PlacedKubeconfig {
  readonly folder: string;
  readonly file: KubeconfigFile;
}

/** One cluster with the credentials for it. */
export interface ChosenCluster {
  readonly context: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  /** Folders that relative paths of the cluster's and of the user's files are taken from. */
  readonly clusterFolder: string;
  readonly userFolder: string;
}

function find<Entry extends { readonly name: string }>(
  files: readonly PlacedKubeconfig[],
  list: (file: KubeconfigFile) => readonly Entry[] | null | undefined,
  name: string | undefined,
): { readonly entry: Entry; readonly folder: string } | undefined {
  for (const { folder, file } of files) {
    const entry = list(file)?.find((each) => each.name === name);
    if (entry !== undefined) return { entry, folder };
  }
  return undefined;
}

/**
 * Chooses a cluster as kubectl does: of several files the first that names a thing counts. Answers a sentence where there
 * is none to choose.
 */
export function chooseCluster(
  files: readonly PlacedKubeconfig[],
  wanted: string | undefined,
): ChosenCluster | string {
  const name = wanted ?? files.flatMap(({ file }) => file["current-context"] || []).at(0);
  const known = files.flatMap(({ file }) => (file.contexts ?? []).map((each) => each.name));
  if (name === undefined)
    return `it has no current context: name one of ${known.join(", ") || "its contexts (there are none)"}`;
  const context = find(files, ({ contexts }) => contexts, name)?.entry.context;
  if (context === undefined) return `it has no context "${name}": there are ${known.join(", ") || "none"}`;
  const place = find(files, ({ clusters }) => clusters, context.cluster);
  if (place === undefined)
    return `its context "${name}" is of a cluster "${context.cluster}" that it does not have`;
  const person = find(files, ({ users }) => users, context.user);
  return {
    context: name,
    cluster: place.entry.cluster,
    user: person?.entry.user ?? {},
    clusterFolder: place.folder,
    userFolder: person?.folder ?? place.folder,
  };
}
