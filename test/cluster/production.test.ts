import { parseSettings } from "@bedplate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiClient, type Caller, openApiClient } from "../support/api-client.ts";
import {
  type ClusterPlatform,
  missingForPlatform,
  openClusterPlatform,
} from "../support/cluster-platform.ts";
import { trainingObject } from "../support/training-object.ts";
import { testTeams } from "./teams.ts";

const missing = missingForPlatform();
/** Some three hundred resources come up and go; on a machine that is busy with other things it takes minutes. */
const withinMs = 900_000;

let platform: ClusterPlatform;
let api: ApiClient;
beforeAll(async () => {
  if (missing !== undefined) return;
  platform = await openClusterPlatform("prod-kubernetes");
  api = await openApiClient(platform.cluster);
}, withinMs);
afterAll(async () => {
  api?.close();
  await platform?.close();
}, withinMs);

const manifests = () =>
  [...platform.plan.addons.flatMap(({ plan }) => plan.stages.flat()), ...platform.plan.monitors].flatMap(
    (item) => (item.type === "object" ? [item.manifest] : []),
  );

/** The provider that Go modules give, older than the SDK, hands charts no list that has nothing in it. */
function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== "object" || value === null) return value;
  const filled = Object.entries(value).filter(([, each]) => !(Array.isArray(each) && each.length === 0));
  return Object.fromEntries(filled.map(([key, each]) => [key, withoutEmptyLists(each)]));
}

const kubectlJson = async (...args: string[]) =>
  JSON.parse(await platform.cluster.kubectl([...args, "-o", "json"]));

describe.skipIf(missing !== undefined)(
  "the production platform on a real API server",
  { timeout: withinMs },
  () => {
    test("comes up, with the policy pack on", async () => {
      const up = await platform.up();
      expect(up.exitCode, up.output).toBe(0);
      expect(up.output).not.toContain("would violate PodSecurity");
      const { resources } = JSON.parse((await platform.workspace.run("stack", "export")).output).deployment;
      console.info(`prod-kubernetes: ${resources.length} resources, up in ${up.wallMs} ms`);
      expect(platform.problems).toEqual([]);
    });

    test("changes nothing a second time, the cluster looked at", async () => {
      const { exitCode, output, wallMs } = await platform.up("--refresh", "--expect-no-changes");
      console.info(`prod-kubernetes: second up in ${wallMs} ms`);
      expect(exitCode, output).toBe(0);
    });

    test("gives every chart the values of its plan", async () => {
      const releases = platform.plan.addons
        .flatMap(({ plan }) => plan.stages.flat())
        .flatMap((item) => (item.type === "release" ? [item] : []));
      expect(releases.length).toBeGreaterThan(25);
      for (const { name, namespace, values } of releases) {
        const { data } = await kubectlJson("get", `cm/${name}-values`, "-n", namespace);
        expect(JSON.parse(data["values.json"]), name).toEqual(withoutEmptyLists(values));
      }
    });

    test("is made of objects that the API server takes with no unknown field", async () => {
      // What a Job's pods are cannot be applied again.
      const items = manifests().filter(({ kind }) => kind !== "Job");
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      const strict = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "-",
      ];
      const answer = await platform.cluster.kubectl(strict, list);
      expect(answer.split("\n").length).toBeGreaterThan(100);
    });
  },
);

describe.skipIf(missing !== undefined)(
  "the runtime of the production platform",
  { timeout: withinMs },
  () => {
    const account: Caller = {
      user: "system:serviceaccount:bedplate:bedplate",
      groups: ["system:serviceaccounts", "system:serviceaccounts:bedplate", "system:authenticated"],
    };
    /** What the service reads from its environment, as the Deployment has it. */
    async function connection() {
      const { spec } = await kubectlJson("get", "deployment/bedplate", "-n", "bedplate");
      const [{ env }] = spec.template.spec.containers;
      // The kubelet, which is not real here, puts the pod's address in.
      const told = Object.fromEntries(
        env.map(({ name, value }: { name: string; value?: string }) => [
          name,
          value?.replace("$(POD_IP)", "10.0.0.1"),
        ]),
      );
      const { training } = parseSettings(told).connections;
      if (training.kind !== "kubernetes") throw new Error(`it trains in ${training.kind}`);
      return training;
    }

    test.each([
      ["Job", "/apis/batch/v1", "jobs"],
      ["TrainJob", "/apis/trainer.kubeflow.org/v1alpha1", "trainjobs"],
      ["RayJob", "/apis/ray.io/v1", "rayjobs"],
    ] as const)(
      "may make a %s where jobs run, which the API server takes with no unknown field",
      async (kind, root, resource) => {
        const training = await connection();
        const object = trainingObject(kind, training);
        const make = (namespace: string) =>
          api.send(
            "POST",
            `${root}/namespaces/${namespace}/${resource}?dryRun=All&fieldValidation=Strict`,
            object,
            account,
          );
        expect(await make(training.namespace)).toMatchObject({ status: 201 });
        expect(await make("bedplate")).toMatchObject({ status: 403 });
      },
    );
  },
);

describe.skipIf(missing !== undefined)("two teams on the production platform", { timeout: withinMs }, () =>
  testTeams(() => ({ platform, api })),
);
