import { fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";
import { containersOf, kubernetesKind, kubernetesObjects, podSpecs } from "./pod.ts";
import type { ResourceView } from "./rule.ts";

/** The variables that make up the settings of one model service, as its maker wrote them. */
export type ServiceSettings = Readonly<Record<string, unknown>>;

const prefix = "BEDPLATE_";

/** A variable whose name is not known might be any: then nothing is said about the others either. */
function fromList(list: unknown): ServiceSettings {
  const variables = itemsOf(list).map((item) => (isUnknown(item) ? { name: item } : fieldsOf(item)));
  if (variables.some(({ name }) => isUnknown(name))) return {};
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (typeof name === "string" ? [[name, value] as const] : [])),
  );
}

/**
 * The settings of every model service that a resource starts or configures: a local process, containers, or a ConfigMap
 * that they read. Resources without such settings give none.
 */
export function serviceSettings(resource: ResourceView): readonly ServiceSettings[] {
  const places = [
    fieldsOf(fieldsOf(resource.properties).environment),
    ...(kubernetesKind(resource.type) === "ConfigMap"
      ? kubernetesObjects(resource).map(({ data }) => fieldsOf(data))
      : []),
    ...podSpecs(resource).flatMap((spec) =>
      containersOf(spec).map(({ container: { env } }) => fromList(env)),
    ),
  ];
  return places.filter((settings) => Object.keys(settings).some((name) => name.startsWith(prefix)));
}

/** Whether the settings are those of a production service; one whose environment is not known yet is not judged. */
export function isProduction(settings: ServiceSettings): boolean {
  const environment = settings[`${prefix}ENVIRONMENT`];
  return !isUnknown(environment) && typeof environment === "string" && /^prod/.test(environment);
}
