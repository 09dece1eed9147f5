/** The kinds of thing that `providers.ts` keeps. */
export type LocalKind = "LocalFolder" | "LocalProcess" | "SecretCopy" | "SecretFile" | "SecretValues";

const methods = ["check", "diff", "create", "read", "update", "delete"];

/**
 * The program text that the engine keeps in its state for a dynamic resource and runs to look after it. The engine's
 * SDK can write such a text by serializing functions; this one is written by hand because it must be the same on every
 * machine and at every run (else each `up` is a change), must not hold the path of this checkout (else a moved checkout
 * cannot destroy), and is there at once. The real code is found from the program's folder by its package name.
 */
export function providerSource(kind: LocalKind): string {
  return `const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");
const call = (method) => async (...given) => {
  const file = createRequire(process.cwd() + "/").resolve("@bedplate/components/providers");
  const { providers } = await import(pathToFileURL(file).href);
  return providers.${kind}[method](...given);
};
exports.handler = () => ({ ${methods.map((method) => `${method}: call("${method}")`).join(", ")} });
`;
}
