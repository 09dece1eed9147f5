import type { ResourceView } from "../lib/rule.ts";
import { resource } from "../lib/rule-cases.ts";

/** A resource of a stack, by its type. */
export const of = (type: string, properties: object = {}): ResourceView => resource(properties, { type });
/** An object of Kubernetes by its kind and name. */
export const named = (kind: string, name: string, properties: object = {}, namespace = "ml") =>
  of(`kubernetes:${kind}`, { metadata: { name, namespace }, ...properties });
