import { unknownValue } from "../lib/plain-data.ts";
import { containerLists, resource, workloads } from "../lib/rule-cases.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";

const localProcess = (properties: unknown) =>
  resource(properties, { type: "pulumi-nodejs:dynamic/bedplate:LocalProcess" });
const listener = (host: unknown, tls: unknown = false) =>
  localProcess({ listeners: [{ host, port: 4680, tls }] });
const variable = (name: string, value: unknown) => localProcess({ environment: { [name]: value } });
const pod = (spec: object) => resource({ spec }, { type: "kubernetes:core/v1:Pod" });
const ingress = (properties: unknown) =>
  resource(properties, { type: "kubernetes:networking.k8s.io/v1:Ingress" });
const service = (spec: unknown) => resource({ spec }, { type: "kubernetes:core/v1:Service" });

const everyList = (what: string, containers: readonly object[]) =>
  Object.entries(workloads).flatMap(([kind, make]) =>
    containerLists.map(
      (list): ResourceCase => [`${what} in the ${list} of a ${kind}`, make({ [list]: containers })],
    ),
  );
const everyKind = (what: string, spec: object) =>
  Object.entries(workloads).map(([kind, make]): ResourceCase => [`${what} in a ${kind}`, make(spec)]);

const loopbackUnlessTls: ResourceCases = {
  bad: [
    ["a listener on every address", listener("0.0.0.0")],
    ["a listener on every IPv6 address", listener("::")],
    ["a listener on a network's address", listener("192.168.1.4")],
    ["a listener on a name that only looks like loopback", listener("127.0.0.1.example.org")],
    ["a listener on a name that only ends like loopback", listener("x127.0.0.1")],
    ["a listener whose TLS is a text", listener("0.0.0.0", "true")],
    [
      "a LoadBalancer with a port by name",
      service({ type: "LoadBalancer", ports: [{ port: 80, name: "http" }] }),
    ],
    ["a listener whose host is a number", listener(0)],
    ["a listener without a host", localProcess({ listeners: [{ port: 1 }] })],
    ["a listener that is no map", localProcess({ listeners: ["0.0.0.0:80"] })],
    ["a variable that binds every address", variable("BEDPLATE_LISTEN_HOST", "0.0.0.0")],
    ["a variable that binds every IPv6 address", variable("BIND", "[::]:80")],
    ["a URL of every address", variable("SERVER_URL", "http://0.0.0.0:8080/")],
    ["an address with a port", variable("METRICS_ADDR", "0.0.0.0:9090")],
    ["a star", variable("LISTEN", "*:80")],
    ["an address with spaces around it", variable("HOST", " 0.0.0.0 ")],
    [
      "every address in a variable of a process of which one listener has TLS",
      localProcess({
        listeners: [
          { host: "127.0.0.1", port: 1 },
          { host: "0.0.0.0", port: 2, tls: true },
        ],
        environment: { HOST: "0.0.0.0" },
      }),
    ],
    ["a pod on the host's network, in words", pod({ hostNetwork: "true" })],
    ["a host port of every address", pod({ containers: [{ ports: [{ hostPort: 80, hostIP: "0.0.0.0" }] }] })],
    [
      "a host port whose address is a number",
      pod({ containers: [{ ports: [{ hostPort: 80, hostIP: 7 }] }] }),
    ],
    ["a port whose name is a number", service({ type: "NodePort", ports: [{ port: 80, name: 7 }] })],
    ["a LoadBalancer", service({ type: "LoadBalancer", ports: [{ port: 80 }] })],
    ["a NodePort", service({ type: "NodePort", ports: [{ port: 8080, nodePort: 30080 }] })],
    ["external addresses", service({ externalIPs: ["1.2.3.4"], ports: [{ port: 80 }] })],
    [
      "an ingress without TLS",
      resource({ spec: { rules: [] } }, { type: "kubernetes:networking.k8s.io/v1:Ingress" }),
    ],
    [
      "one service of a list",
      resource(
        { items: [{ spec: {} }, { spec: { type: "NodePort", ports: [{ port: 80 }] } }] },
        { type: "kubernetes:core/v1:ServiceList" },
      ),
    ],
    ...everyList("a host port", [{}, { ports: [{}, { hostPort: 80 }] }]),
    ...everyKind("the host's network", { hostNetwork: true }),
  ],
  good: [
    ["a listener on loopback", listener("127.0.0.1")],
    ["a listener on another loopback address", listener("127.0.5.1")],
    ["a listener far in loopback's network", listener("127.100.20.30")],
    ["a listener on a name below localhost", listener("models.localhost")],
    ["a listener on IPv6 loopback", listener("::1")],
    ["a variable that only begins with every address", variable("SERVER_URL", "0.0.0.0.example.org")],
    ["a variable whose name only begins like an address", variable("HOSTNAME", "0.0.0.0")],
    ...["api-https", "https-api", "tls.v1"].map(
      (name): ResourceCase => [
        `a LoadBalancer with a port ${name}`,
        service({ type: "LoadBalancer", ports: [{ port: 9000, name }] }),
      ],
    ),
    ["a listener on localhost", listener("localhost")],
    ["a listener with TLS", listener("0.0.0.0", true)],
    [
      "every address in a variable of a process with TLS",
      localProcess({
        listeners: [{ host: "0.0.0.0", port: 1, tls: true }],
        environment: { HOST: "0.0.0.0" },
      }),
    ],
    ["no listener", localProcess({})],
    [
      "a listener of another's kind of process",
      resource(
        { listeners: [{ host: "0.0.0.0" }] },
        { type: "x:pulumi-nodejs:dynamic/bedplate:LocalProcess" },
      ),
    ],
    ["a listener whose host is not known yet", listener(unknownValue)],
    ["a listener whose TLS is not known yet", listener("0.0.0.0", unknownValue)],
    [
      "host ports that are none",
      pod({ containers: [{ ports: [{ hostPort: null }, { hostPort: 0 }, { hostPort: unknownValue }] }] }),
    ],
    ["a port that is not known yet", service({ type: "NodePort", ports: [{ port: unknownValue }] })],
    [
      "a port's name that is not known yet",
      service({ type: "NodePort", ports: [{ port: 80, name: unknownValue }] }),
    ],
    ["an ingress that is not known yet", ingress({ spec: unknownValue })],
    ["an ingress whose TLS is not known yet", ingress({ spec: { tls: unknownValue } })],
    ["listeners that are no list", localProcess({ listeners: "many" })],
    [
      "a load balancer of a cloud",
      resource({ listeners: [{ port: 80 }] }, { type: "aws:elb/loadBalancer:LoadBalancer" }),
    ],
    ["a variable with a loopback address", variable("BEDPLATE_LISTEN_HOST", "127.0.0.1")],
    ["a variable with a URL of TLS", variable("SERVER_URL", "https://0.0.0.0:8443/")],
    ["a variable that is no address", variable("MASK", "0.0.0.0")],
    ["a null", variable("HOST", null)],
    ["a service inside the cluster", service({ type: "ClusterIP", ports: [{ port: 80 }] })],
    ["a service without a type", service({ ports: [{ port: 80 }] })],
    ["a LoadBalancer with TLS by number", service({ type: "LoadBalancer", ports: [{ port: 443 }] })],
    [
      "a LoadBalancer with TLS by name",
      service({ type: "LoadBalancer", ports: [{ port: 9000, name: "https" }] }),
    ],
    [
      "an ingress with TLS",
      resource({ spec: { tls: [{}] } }, { type: "kubernetes:networking.k8s.io/v1:Ingress" }),
    ],
    ["every address inside a pod", pod({ containers: [{ env: [{ name: "HOST", value: "0.0.0.0" }] }] })],
    ["a container port", pod({ containers: [{ ports: [{ containerPort: 80 }] }] })],
    ...everyList("a host port on loopback", [{ ports: [{ hostPort: 80, hostIP: "127.0.0.1" }] }]),
    ...everyKind("a network of its own", { hostNetwork: false }),
  ],
};

export const networkCases = { "network-loopback-unless-tls": loopbackUnlessTls };
