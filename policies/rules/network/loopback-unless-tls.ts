import { environmentEntries } from "../../lib/environment.ts";
import { type Fields, fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { containersOf, kubernetesKind, kubernetesObjects, podSpecs } from "../../lib/pod.ts";
import { defineRule, type ResourceView } from "../../lib/rule.ts";

const loopback = /^(127(\.\d{1,3}){3}|::1|\[::1\]|(.+\.)?localhost\.?)$/i;
/** All addresses of the machine, alone or with a port or in a plain-text URL. */
const everyAddress = /^((http|ws|tcp|grpc|redis):\/\/)?(0\.0\.0\.0|\[::\]|::|\*)(:\d+)?(\/.*)?$/i;
const addressName = /(HOST|ADDRESS|ADDR|URL|URI|BIND|LISTEN|ENDPOINT|LISTENER)S?$/i;
const tlsPort = new Set([443, 6443, 8443]);
const tlsName = /(^|[-.])(https|tls|grpcs|wss)([-.]|$)/i;

const isOurProcess = (resource: ResourceView) => /^pulumi-nodejs:dynamic\/bedplate:/.test(resource.type);

/** What is not known yet is judged when it is. */
const mayHaveTls = (listener: unknown) => {
  const { tls } = fieldsOf(listener);
  return tls === true || isUnknown(tls) || isUnknown(listener);
};

function processListeners(resource: ResourceView): string[] {
  if (!isOurProcess(resource)) return [];
  return itemsOf(fieldsOf(resource.properties).listeners).flatMap((item, index) => {
    const { host, port } = fieldsOf(item);
    if (mayHaveTls(item) || isUnknown(host) || (typeof host === "string" && loopback.test(host))) return [];
    const where = typeof host === "string" ? `${host} port ${String(port)}` : "an address that is no text";
    return [`listeners[${index}] is ${where} without TLS: bind 127.0.0.1, or set tls`];
  });
}

/** Inside a pod every address is the pod's own, so only processes of a machine are judged by their environment. */
function boundEnvironment(resource: ResourceView): string[] {
  if (kubernetesKind(resource.type) !== undefined) return [];
  const { listeners } = fieldsOf(resource.properties);
  const known = itemsOf(listeners);
  if (isUnknown(listeners) || (known.length > 0 && known.every(mayHaveTls))) return [];
  return environmentEntries(resource.properties)
    .filter(({ name, value }) => addressName.test(name) && everyAddress.test(value.trim()))
    .map(
      ({ name, path }) =>
        `${path} (${name}) binds every address of the machine without TLS: bind 127.0.0.1, or use TLS`,
    );
}

function hostPorts(podSpec: Fields): string[] {
  const ports = containersOf(podSpec).flatMap(({ path, container }) =>
    itemsOf(container.ports).flatMap((item, index) => {
      const { hostPort, hostIP } = fieldsOf(item);
      const closed =
        hostPort === undefined || hostPort === null || hostPort === 0 || [hostPort, hostIP].some(isUnknown);
      if (closed || (typeof hostIP === "string" && loopback.test(hostIP))) return [];
      return [`${path}.ports[${index}] opens hostPort ${String(hostPort)} on every node: use a Service`];
    }),
  );
  const network = podSpec.hostNetwork === true || podSpec.hostNetwork === "true";
  return network
    ? ["hostNetwork puts the pod's listeners on every node: leave it out and use a Service", ...ports]
    : ports;
}

/** What is not known yet is judged when it is. */
const isTlsPort = (item: unknown) => {
  const { port, name, appProtocol } = fieldsOf(item);
  if ([item, port, name, appProtocol].some(isUnknown)) return true;
  return (
    tlsPort.has(Number(port)) ||
    [name, appProtocol].some((text) => typeof text === "string" && tlsName.test(text))
  );
};

function openService(service: Fields): string[] {
  const { type, ports, externalIPs } = fieldsOf(service.spec);
  const outside = type === "LoadBalancer" || type === "NodePort" ? type : undefined;
  const how = outside ?? (itemsOf(externalIPs).length > 0 ? "externalIPs" : undefined);
  if (how === undefined) return [];
  return itemsOf(ports).flatMap((item, index) =>
    isTlsPort(item)
      ? []
      : [
          `spec.ports[${index}] (${String(fieldsOf(item).port)}) leaves the cluster by ${how} without TLS: use ClusterIP behind the gateway, or a TLS port named https`,
        ],
  );
}

function openIngress(ingress: Fields): string[] {
  const { tls } = fieldsOf(ingress.spec);
  if (isUnknown(ingress.spec) || isUnknown(tls) || itemsOf(tls).length > 0) return [];
  return ["spec.tls is missing, so the ingress answers in plain text: name a certificate there"];
}

function kubernetesListeners(resource: ResourceView): string[] {
  const kind = kubernetesKind(resource.type);
  if (kind === "Service") return kubernetesObjects(resource).flatMap(openService);
  if (kind === "Ingress") return kubernetesObjects(resource).flatMap(openIngress);
  return podSpecs(resource).flatMap(hostPorts);
}

export const loopbackUnlessTls = defineRule(import.meta.url, {
  description:
    "Every listener is on the loopback address or inside the cluster unless it speaks TLS, so that nobody on the network reads tokens or data.",
  severity: "high",
  controls: ["NSA/CISA 1.2 network separation", "SOC 2 CC6.7"],
  remediation: "Bind 127.0.0.1, stay inside the cluster behind the gateway, or name a certificate.",
  violations: (resource) => [
    ...processListeners(resource),
    ...boundEnvironment(resource),
    ...kubernetesListeners(resource),
  ],
});
