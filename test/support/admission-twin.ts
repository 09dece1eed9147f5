import { corpusParameters } from "@bedplate/policies/corpus/cloud-kinds.ts";
import {
  admissionBinding,
  admissionParameters,
  admissionPolicy,
  type Manifest,
} from "@bedplate/policies/lib/admission.ts";
import { fieldsOf, plainData } from "@bedplate/policies/lib/plain-data.ts";
import type { Rule } from "@bedplate/policies/lib/rule.ts";
import { rules } from "@bedplate/policies/rules/index.ts";
import type { Cluster } from "@bedplate/tools/cluster";
import { type AdmissionCase, admissionCorpus } from "./admission-case.ts";
import { type ApiAnswer, type ApiClient, openApiClient } from "./api-client.ts";
import type { ApiObject } from "./api-object.ts";

const namespace = "twin";
const dryRun = "dryRun=All&fieldValidation=Strict";
const requestsAtOnce = 8;
/** The API server looks for new policies every second. */
const seenWithinMs = 60_000;

export const twins: readonly Rule[] = rules.filter(({ admission }) => admission !== undefined);

/** How the preview's verdicts and the API server's compare. */
export interface TwinResult {
  /** Cases that both judged, by every rule. */
  readonly judged: number;
  /** Cases that the API server refuses to read before any policy is asked. */
  readonly refused: number;
  /** Cases that Kubernetes has no way to express. */
  readonly impossible: number;
  /** Cases with another verdict, a sentence each. */
  readonly wrong: readonly string[];
  /** Rules by which the API server refused nothing. */
  readonly silent: readonly string[];
}

/** A fault: what was put into a running pod is not looked at. */
export function forgetEphemeralContainers(policy: Manifest): Manifest {
  const text = JSON.stringify(policy).replaceAll(
    " + variables.pod.?spec.?ephemeralContainers.orValue([])",
    "",
  );
  return JSON.parse(text);
}

/** Has the API server warn of every rule in a namespace of the test's. */
export async function installTwins(
  cluster: Cluster,
  change: (policy: Manifest) => Manifest = (policy) => policy,
): Promise<void> {
  const [place, ...parameters] = admissionParameters(corpusParameters.allowedRegistries);
  const own = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace } };
  await cluster.apply(place === undefined ? [own] : [own, place]);
  await cluster.apply([
    ...parameters,
    account,
    ...twins.flatMap((rule) => {
      const policy = admissionPolicy(rule);
      return policy === undefined ? [] : [change(policy)];
    }),
    ...twins.map((rule) => admissionBinding(rule, { actions: ["Warn"] })),
  ]);
}

const clusterWide = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding"]);
const resourceOf = new Map(
  twins.flatMap(({ admission }) =>
    (admission?.kinds ?? []).map(({ kind, resources: [resource] }) => [kind, resource] as const),
  ),
);

function pathOf({ kind, apiVersion }: ApiObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const where = clusterWide.has(kind) ? "" : `/namespaces/${namespace}`;
  return `${group}${where}/${resourceOf.get(kind)}`;
}

function previewVerdict({ kind, apiVersion, ...properties }: ApiObject): string {
  const type = `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
  const view = { type, urn: "", custom: true, properties: plainData(properties) };
  return idsOf(twins.filter(({ violations }) => violations(view, corpusParameters).length > 0));
}

const idsOf = (some: readonly { readonly id: string }[]) =>
  some
    .map(({ id }) => id)
    .sort()
    .join(" ");

/** A policy's name and its message both say which rule it is. */
function serverVerdict({ warnings }: ApiAnswer): string {
  const text = warnings.join("\n");
  return idsOf(
    twins.filter(
      ({ id }) => text.includes(`ValidatingAdmissionPolicy 'bedplate-${id}' `) && text.includes(`: ${id}: `),
    ),
  );
}

/** Puts ephemeral containers into a pod that is like the case but for them. */
function ephemeralSender(client: ApiClient) {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const made = new Map<string, Promise<string>>();
  const make = async (pod: ApiObject) => {
    const metadata = { generateName: "base-" };
    const answer = await client.send("POST", pods, { ...pod, metadata });
    return answer.status === 201 ? answer.body : "";
  };
  return async ({ object }: AdmissionCase): Promise<ApiAnswer> => {
    const { ephemeralContainers, ...spec } = fieldsOf(object.spec);
    const key = JSON.stringify(spec);
    const base = made.get(key) ?? make({ ...object, spec });
    made.set(key, base);
    const body = await base;
    if (body === "") return { status: 422, body: "the pod without it is refused", warnings: [] };
    const pod = JSON.parse(body);
    const path = `${pods}/${pod.metadata.name}/ephemeralcontainers?${dryRun}`;
    const { resourceVersion, ...metadata } = pod.metadata;
    return await client.send("PUT", path, { ...pod, metadata, spec: { ...pod.spec, ephemeralContainers } });
  };
}

type Judge = (one: AdmissionCase) => Promise<ApiAnswer>;

function judgeOf(client: ApiClient): Judge {
  const sendEphemeral = ephemeralSender(client);
  return (one) =>
    one.isEphemeral ? sendEphemeral(one) : client.send("POST", `${pathOf(one.object)}?${dryRun}`, one.object);
}

/** The last policy that was made is judged by, so all before it are. */
async function untilSeen(judge: Judge, cases: readonly AdmissionCase[]): Promise<void> {
  const last = twins.at(-1)?.id ?? "";
  const broken = cases.find(({ object }) => previewVerdict(object).split(" ").includes(last));
  if (broken === undefined) throw new Error(`no case breaks ${last}`);
  for (const end = Date.now() + seenWithinMs; Date.now() < end; ) {
    if (
      serverVerdict(await judge(broken))
        .split(" ")
        .includes(last)
    )
      return;
  }
  throw new Error("the API server does not see the policies");
}

/** Asks the API server about every case, dry, and compares what it warns of with what the rules say. */
export async function compareTwins(
  cluster: Cluster,
  isWanted: (one: AdmissionCase) => boolean = () => true,
): Promise<TwinResult> {
  const client = await openApiClient(cluster);
  const judge = judgeOf(client);
  const { cases, impossible } = admissionCorpus();
  const wrong: string[] = [];
  const spoken = new Set<string>();
  let judged = 0;
  let refused = 0;
  const look = async (one: AdmissionCase) => {
    const answer = await judge(one);
    if (answer.status >= 400 && answer.status < 500) {
      refused++;
      return;
    }
    judged++;
    const [preview, server] = [previewVerdict(one.object), serverVerdict(answer)];
    if (answer.status >= 300 || preview !== server)
      wrong.push(`${one.what}: the preview says "${preview}", the API server ${answer.status} "${server}"`);
    for (const id of server.split(" ")) spoken.add(id);
  };
  try {
    await untilSeen(judge, cases);
    const queue = cases.filter(isWanted).values();
    const worker = async () => {
      for (const one of queue) await look(one);
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  } finally {
    client.close();
  }
  const silent = twins.map(({ id }) => id).filter((id) => !spoken.has(id));
  return { judged, refused, impossible, wrong, silent };
}
