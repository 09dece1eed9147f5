import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../engine/environment.ts";
import type { Cluster, Manifest } from "./cluster.ts";
import { operate } from "./operated-kinds.ts";

/** Which operators' CRDs a cluster has now. */
export interface InstalledCrds {
  readonly installed: readonly string[];
  /** Operators whose CRDs could not be had, each with the reason. */
  readonly skipped: readonly string[];
}

/** Operators whose Go modules carry their CRDs, and the folder in the module. */
const modules: Readonly<Record<string, readonly [module: string, folder: string]>> = {
  "cert-manager": ["github.com/cert-manager/cert-manager@v1.21.1", "deploy/crds"],
  "cloudnative-pg": ["github.com/cloudnative-pg/cloudnative-pg@v1.30.0", "config/crd/bases"],
  "gateway-api": ["sigs.k8s.io/gateway-api@v1.6.1", "config/crd/standard"],
  jobset: ["sigs.k8s.io/jobset@v0.12.0", "config/components/crd/bases"],
  karpenter: ["sigs.k8s.io/karpenter@v1.14.1", "pkg/apis/crds"],
  keda: ["github.com/kedacore/keda/v2@v2.20.2", "config/crd/bases"],
  kserve: ["github.com/kserve/kserve@v0.20.0", "config/crd/full"],
  "kubeflow-trainer": ["github.com/kubeflow/trainer/v2@v2.3.0", "manifests/base/crds"],
  kueue: ["sigs.k8s.io/kueue@v0.19.2", "config/components/crd/bases"],
  "prometheus-operator": [
    "github.com/prometheus-operator/prometheus-operator@v0.93.0",
    "example/prometheus-operator-crd",
  ],
  velero: ["github.com/vmware-tanzu/velero@v1.18.1", "config/crd/v1/bases"],
};

const downloadWithinMs = 180_000;
const waitTries = 30;

/** A folder with one YAML file per operator: `$BEDPLATE_CRDS`, else `../shared/crds` beside the clone. */
function crdFolder(): string | undefined {
  const folders = [process.env.BEDPLATE_CRDS ?? "", join(repositoryRoot, "../shared/crds")];
  return folders.find((folder) => folder !== "" && existsSync(folder));
}

function isYaml(name: string): boolean {
  return name.endsWith(".yaml") || name.endsWith(".yml");
}

/** The CRDs in a file; conversion webhooks are left out, because nothing answers them here. */
function readCrds(file: string): Manifest[] {
  const crds = parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => document.toJS())
    .filter((found) => found?.kind === "CustomResourceDefinition");
  for (const crd of crds) delete crd.spec.conversion;
  return crds;
}

function readFolder(folder: string): Manifest[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(isYaml);
  return files.flatMap((file) => readCrds(join(folder, file)));
}

async function readModule(operator: string): Promise<Manifest[]> {
  const found = modules[operator];
  if (found === undefined) throw new Error("no Go module carries them");
  const [module, folder] = found;
  const { stdout } = await execa("go", ["mod", "download", "-json", module], {
    env: { GOFLAGS: "-mod=mod", GOWORK: "off" },
    timeout: downloadWithinMs,
  });
  return readFolder(join(JSON.parse(stdout).Dir, folder));
}

/** Every operator that a name in this repository may ask for. */
function operators(folder: string | undefined): string[] {
  if (folder === undefined) return Object.keys(modules);
  return readdirSync(folder)
    .filter(isYaml)
    .map((file) => basename(file).replace(/\.ya?ml$/, ""));
}

/** kubectl's own waiting fails on a CRD that has no conditions at all yet. */
async function untilServed(cluster: Cluster): Promise<void> {
  const wait = ["wait", "--for=condition=Established", "crds", "--all", "--timeout=60s"];
  for (let tries = 1; ; tries++) {
    try {
      await cluster.kubectl(wait);
      return;
    } catch (error) {
      if (tries === waitTries) throw error;
      await sleep(200);
    }
  }
}

/** The kind that a CRD defines, as `<group>/<kind>`. */
export function kindOf(crd: Manifest): string {
  const { group, names } = crd.spec as { group: string; names: { kind: string } };
  return `${group}/${names.kind}`;
}

/** CRDs of an operator: from the folder of files where it has them, else from the operator's Go module. Throws where neither has. */
export async function readOperatorCrds(operator: string): Promise<Manifest[]> {
  const folder = crdFolder();
  const file = folder === undefined ? undefined : join(folder, `${operator}.yaml`);
  return file !== undefined && existsSync(file) ? readCrds(file) : readModule(operator);
}

/**
 * Installs CRDs of operators (all that there are when left out), and lets kwok mark their resources ready, as the
 * operators would. They come from the folder of files where there is one, else from the operators' Go modules.
 */
export async function installCrds(cluster: Cluster, only?: readonly string[]): Promise<InstalledCrds> {
  const folder = crdFolder();
  const installed: string[] = [];
  const skipped: string[] = [];
  const crds: Manifest[] = [];
  for (const operator of only ?? operators(folder)) {
    try {
      crds.push(...(await readOperatorCrds(operator)));
      installed.push(operator);
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      skipped.push(`${operator} (${reason})`);
    }
  }
  if (crds.length > 0) {
    await cluster.apply(crds);
    await untilServed(cluster);
    await operate(cluster, new Set(crds.map(kindOf)));
  }
  return { installed, skipped };
}
