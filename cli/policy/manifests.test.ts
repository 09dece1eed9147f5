import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policySettings } from "@bedplate/contract";
import { rules, stackRules } from "@bedplate/policies/rules/index.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judge, judgeTogether } from "./judge.ts";
import { readManifests } from "./manifests.ts";

const baseline = rules.filter(({ group }) => group === "pss-baseline");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-manifests-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const names = () => readManifests(folder).map(({ name }) => name);

test("every document of every file is read, lists are taken apart, and what is no object is passed over", () => {
  write("b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\n---\n# nothing\n---\nreplicas: 3\n");
  write(
    "a.json",
    JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "w", namespace: "n" } }),
  );
  write(
    "c.yml",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {generateName: x-}}\n- 3\n",
  );
  write("d.txt", "apiVersion: v1\nkind: Pod");
  expect(names()).toEqual(["Deployment n/w", "Pod one", "Pod x-"]);
});

test("files that are no YAML are all named, in a line each, and an alias bomb is one of them", () => {
  write("bad.yaml", "a: [1\n");
  write("bad.json", "{");
  const bomb = ["a: &a [1,1,1,1,1,1,1,1,1,1]"];
  for (let at = 1; at < 8; at++) {
    const [name, before] = ["abcdefgh"[at], "abcdefgh"[at - 1]];
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(",")}]`);
  }
  write("bomb.yaml", bomb.join("\n"));
  expect(() => readManifests(folder)).toThrow(
    /bad\.json cannot be read: .*\n.*bad\.yaml cannot be read: .*\n.*bomb\.yaml cannot be read: .*alias/,
  );
});

test("a folder that is not there is named", () => {
  expect(() => readManifests(join(folder, "gone"))).toThrow(/There is no .*gone/);
});

test("what breaks a rule is found with its file, its object and its place", () => {
  write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true}\n");
  expect(judge(readManifests(folder), baseline, policySettings.parse({}))).toEqual([
    {
      file: expect.stringMatching(/pod\.yaml$/),
      resource: "Pod p",
      rule: "pss-baseline-host-namespaces",
      level: "mandatory",
      message: "spec.hostPID is true: remove it",
    },
  ]);
});

test("levels and exemptions are those of the settings", () => {
  write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec: {hostPID: true}\n");
  const rule = "pss-baseline-host-namespaces";
  const judged = (given: object) =>
    judge(readManifests(folder), baseline, policySettings.parse(given)).map(({ level }) => level);
  const exemption = { rule, resource: "n/p", reason: "a node agent", owner: "ops" };
  expect(judged({ all: "advisory" })).toEqual(["advisory"]);
  expect(judged({ rules: { [rule]: "disabled" } })).toEqual([]);
  expect(judged({ exemptions: [{ ...exemption, expires: "9999-01-01" }] })).toEqual([]);
  expect(judged({ exemptions: [{ ...exemption, expires: "2020-01-01" }] })).toEqual(["mandatory"]);
});

test("values of any kind in any place are judged without a fault", () => {
  write(
    "odd.yaml",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: 3\nspec: {template: {spec: {containers: [null, 1, [], {securityContext: no}], volumes: x}}}\n",
  );
  expect(judge(readManifests(folder), rules, policySettings.parse({})).length).toBeGreaterThan(0);
});

test("what must go with something else is missed in the whole folder, and leave may be given for it", () => {
  write("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ml}\n");
  const settings = (given: object) => policySettings.parse(given);
  const missed = {
    file: expect.stringMatching(/a\.yaml$/),
    resource: "Namespace ml",
    rule: "kubernetes-default-deny",
    level: "mandatory",
    message: 'the namespace "ml" has no default-deny NetworkPolicy: add one',
  };
  expect(judgeTogether(readManifests(folder), stackRules, settings({}))).toEqual([missed]);
  const rule = "kubernetes-default-deny";
  const exemption = { rule, resource: "ml", reason: "old", owner: "ops", expires: "9999-01-01" };
  expect(judgeTogether(readManifests(folder), stackRules, settings({ exemptions: [exemption] }))).toEqual([]);
  expect(
    judgeTogether(readManifests(folder), stackRules, settings({ rules: { [rule]: "advisory" } })),
  ).toEqual([{ ...missed, level: "advisory" }]);
  write(
    "b.yaml",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: ml}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n",
  );
  expect(judgeTogether(readManifests(folder), stackRules, settings({}))).toEqual([]);
});

test("what an organisation allows is held against, and a rule that would mend is as bad here as any", () => {
  write(
    "pod.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: evil.example/a}]}\n",
  );
  const found = (given: object) =>
    judge(readManifests(folder), rules, policySettings.parse(given)).map(
      ({ rule, level }) => `${rule} ${level}`,
    );
  expect(found({})).not.toContain("kubernetes-image-registry mandatory");
  const parameters = { allowedRegistries: ["ghcr.io/acme"] };
  expect(found({ parameters })).toContain("kubernetes-image-registry mandatory");
  const level = { "pss-restricted-privilege-escalation": "remediate" };
  expect(found({ rules: level })).toContain("pss-restricted-privilege-escalation mandatory");
});
