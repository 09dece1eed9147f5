import { createRequire } from "node:module";

/** As the module of the SDK says it; its declarations leave it out. */
interface Deserializer {
  /** A resource's properties as plain data; with `keepsSecrets` for a rule that changes them. */
  deserializeProperties: (message: object, keepsSecrets: boolean) => object;
}

const sdk: Deserializer = createRequire(import.meta.url)("@pulumi/policy/deserialize.js");

/**
 * Has the SDK turn a resource's message into plain data once for all rules that only read it. By itself it does so for
 * every rule, which takes longer than what all rules do together (docs/decisions/0026). Call it before the pack is made.
 */
export function deserializeOnce(): void {
  const { deserializeProperties } = sdk;
  const known = new WeakMap<object, object>();
  sdk.deserializeProperties = (message, keepsSecrets) => {
    if (keepsSecrets) return deserializeProperties(message, keepsSecrets);
    const properties = known.get(message) ?? deserializeProperties(message, keepsSecrets);
    known.set(message, properties);
    return properties;
  };
}
