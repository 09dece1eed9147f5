import { expect, test } from "vitest";
import { chooseCluster, kubeconfigFile, type PlacedKubeconfig } from "./kubeconfig.plan.ts";

const placed = (folder: string, file: Record<string, unknown>): PlacedKubeconfig => ({
  folder,
  file: kubeconfigFile.parse(file),
});
const one = placed("/a", {
  "current-context": "dev",
  clusters: [{ name: "c", cluster: { server: "https://a" } }],
  contexts: [{ name: "dev", context: { cluster: "c", user: "me" } }],
});
const two = placed("/b", {
  "current-context": "other",
  clusters: [{ name: "c", cluster: { server: "https://b" } }],
  contexts: [{ name: "prod", context: { cluster: "c", user: "me" } }],
  users: [{ name: "me", user: { token: "t" } }],
});

test("of several files the first that names a thing counts, and each keeps its own folder", () => {
  const chosen = { context: "dev", cluster: { server: "https://a" }, user: { token: "t" } };
  expect(chooseCluster([one, two], undefined)).toMatchObject({
    ...chosen,
    clusterFolder: "/a",
    userFolder: "/b",
  });
  expect(chooseCluster([two, one], "dev")).toMatchObject({ cluster: { server: "https://b" } });
});

test.each([
  [[one, two], "tset", 'it has no context "tset": there are dev, prod'],
  [[placed("/", {})], undefined, "it has no current context: name one of its contexts (there are none)"],
  [
    [placed("/", { contexts: [{ name: "x", context: { cluster: "gone" } }] })],
    "x",
    'its context "x" is of a cluster "gone" that it does not have',
  ],
])("what cannot be chosen is a sentence", (files, context, sentence) => {
  expect(chooseCluster(files, context)).toBe(sentence);
});
