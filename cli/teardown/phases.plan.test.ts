import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PhaseName, phases, planTeardown, type StateResource } from "./phases.plan.ts";

const resource = (name: string, type: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:pulumi:test::p::${type}::${name}`,
  type,
  custom: true,
  dependencies: [],
  protect: false,
  retainOnDelete: false,
  inputs: {},
  ...more,
});
const service = (name: string, type: string) =>
  resource(name, "kubernetes:core/v1:Service", { inputs: { spec: { type } } });

function phaseOf(resources: readonly StateResource[], { urn }: StateResource): PhaseName | undefined {
  return planTeardown(resources).phases.find(({ deletes }) => deletes.includes(urn))?.name;
}

describe("a teardown's plan", () => {
  test.each<[StateResource, PhaseName]>([
    [
      resource("runtime", "kubernetes:apps/v1:Deployment", {
        inputs: { metadata: { labels: { "app.kubernetes.io/component": "runtime" } } },
      }),
      "dispatch",
    ],
    [resource("site", "kubernetes:argoproj.io/v1alpha1:Application"), "dispatch"],
    [resource("scaled", "kubernetes:keda.sh/v1alpha1:ScaledObject"), "dispatch"],
    [resource("kafka", "kubernetes:kafka.strimzi.io/v1:Kafka"), "custom-resources"],
    [service("edge", "LoadBalancer"), "load-balancers"],
    [service("inner", "ClusterIP"), "rest"],
    [resource("edge", "kubernetes:gateway.networking.k8s.io/v1:Gateway"), "load-balancers"],
    [resource("gpus", "kubernetes:karpenter.sh/v1:NodePool"), "node-pools"],
    [resource("disk", "kubernetes:core/v1:PersistentVolumeClaim"), "volumes"],
    [resource("strimzi", "kubernetes:helm.sh/v3:Release"), "charts"],
    [resource("ns", "kubernetes:core/v1:Namespace"), "rest"],
    [resource("web", "kubernetes:apps/v1:Deployment"), "rest"],
  ])("puts $type in its phase", (one, phase) => {
    expect(phaseOf([one], one)).toBe(phase);
  });

  test("keeps an operator until what it looks after is gone, and its namespace longer", () => {
    const namespace = resource("ns", "kubernetes:core/v1:Namespace");
    const release = resource("op", "kubernetes:helm.sh/v3:Release", { dependencies: [namespace.urn] });
    const topic = resource("topic", "kubernetes:kafka.strimzi.io/v1:KafkaTopic", {
      dependencies: [release.urn],
    });
    const all = [namespace, release, topic];
    expect(all.map((one) => phaseOf(all, one))).toEqual(["rest", "charts", "custom-resources"]);
  });

  test("puts off what something later needs, through any chain, components among it", () => {
    const claim = resource("claim", "kubernetes:kafka.strimzi.io/v1:Kafka");
    const component = resource("c", "bedplate:x:Y", { custom: false, dependencies: [claim.urn] });
    const web = resource("web", "kubernetes:apps/v1:Deployment", { parent: component.urn });
    expect(phaseOf([claim, component, web], claim)).toBe("rest");
  });

  test("says what is kept and what is protected, and deletes nothing that is kept", () => {
    const data = resource("db", "kubernetes:postgresql.cnpg.io/v1:Cluster", {
      protect: true,
      retainOnDelete: true,
    });
    const plan = planTeardown([data]);
    expect(plan).toMatchObject({ keeps: [data.urn], isProtected: [data.urn] });
    expect(plan.phases.flatMap(({ deletes }) => deletes)).toEqual([]);
  });

  test("deletes everything that is not kept once, and nothing before what needs it", () => {
    const types = [
      "kubernetes:kafka.strimzi.io/v1:Kafka",
      "kubernetes:helm.sh/v3:Release",
      "kubernetes:core/v1:Namespace",
      "kubernetes:core/v1:PersistentVolumeClaim",
      "kubernetes:batch/v1:CronJob",
      "kubernetes:karpenter.sh/v1:NodePool",
    ];
    const graph = fc.array(
      fc.record({
        type: fc.constantFrom(...types),
        needs: fc.array(fc.nat(30), { maxLength: 4 }),
        kept: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(graph, (nodes) => {
        const urn = (index: number) => `urn:${index}`;
        const resources = nodes.map(({ type, needs, kept }, index) =>
          resource("x", type, {
            urn: urn(index),
            retainOnDelete: kept,
            // The engine's state has no cycles: a resource needs only what was made before it.
            dependencies: needs.filter((other) => other < index).map(urn),
          }),
        );
        const plan = planTeardown(resources);
        const at = new Map(
          plan.phases.flatMap(({ deletes }, phase) => deletes.map((each) => [each, phase] as const)),
        );
        expect([...at.keys(), ...plan.keeps].sort()).toEqual(resources.map((each) => each.urn).sort());
        for (const { urn: own, dependencies } of resources) {
          for (const needed of dependencies) {
            expect(at.get(needed) ?? phases.length).toBeGreaterThanOrEqual(at.get(own) ?? 0);
          }
        }
      }),
    );
  });
});
