import { createRequire } from "node:module";
import type { ResourceValidationPolicy } from "@pulumi/policy";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test, vi } from "vitest";
import { deserializeOnce } from "./deserialize.ts";

type Answer = (error: Error | null, answer?: unknown) => void;
type Handler = (call: { readonly request: object }, answer: Answer) => Promise<void>;
interface Server {
  makeAnalyzeRpcFun(
    name: string,
    version: string,
    level: string,
    policies: readonly ResourceValidationPolicy[],
  ): Handler;
  makeRemediateRpcFun(
    name: string,
    version: string,
    level: string,
    policies: readonly ResourceValidationPolicy[],
  ): Handler;
}

const server: Server = createRequire(import.meta.url)("@pulumi/policy/server.js");
deserializeOnce();

const given = { image: "one", ports: [{ port: 1 }, { port: 2 }] };

function request() {
  const properties = struct.Struct.fromJavaScript(given);
  const message = new analyzer.AnalyzeRequest()
    .setType("kubernetes:core/v1:Pod")
    .setUrn("urn:pulumi:test::test::kubernetes:core/v1:Pod::it")
    .setOptions(new analyzer.AnalyzerResourceOptions())
    .setProperties(properties);
  return { message, conversion: vi.spyOn(properties, "toJavaScript") };
}

test("the SDK reads a resource's message once, however many rules ask; all see the whole of it", async () => {
  const seen: unknown[] = [];
  const policies: ResourceValidationPolicy[] = ["a", "b", "c"].map((name) => ({
    name,
    description: name,
    validateResource: ({ props }) => {
      seen.push(structuredClone({ image: props.image, ports: [props.ports[0].port, props.ports[1].port] }));
    },
  }));
  const analyze = server.makeAnalyzeRpcFun("pack", "1", "mandatory", policies);
  for (const turn of [1, 2]) {
    const { message, conversion } = request();
    const answer = vi.fn<Answer>();
    await analyze({ request: message }, answer);
    expect(answer.mock.lastCall?.[0] ?? null).toBeNull();
    expect(conversion).toHaveBeenCalledTimes(1);
    expect(seen).toHaveLength(turn * policies.length);
  }
  for (const one of seen) expect(one).toEqual({ image: "one", ports: [1, 2] });
});

test("what a rule mends in a resource does not show where others read it", async () => {
  const read: unknown[] = [];
  const { message } = request();
  const mend: ResourceValidationPolicy = {
    name: "mend",
    description: "mends",
    enforcementLevel: "remediate",
    remediateResource: ({ props }) => {
      props.image = "two";
      return props;
    },
  };
  const look: ResourceValidationPolicy = {
    name: "look",
    description: "looks",
    validateResource: ({ props }) => {
      read.push(props.image);
    },
  };
  const handlers = [
    server.makeAnalyzeRpcFun("pack", "1", "mandatory", [look]),
    server.makeRemediateRpcFun("pack", "1", "mandatory", [mend]),
    server.makeAnalyzeRpcFun("pack", "1", "mandatory", [look]),
  ];
  for (const handle of handlers) await handle({ request: message }, vi.fn<Answer>());
  expect(read).toEqual(["one", "one"]);
});
