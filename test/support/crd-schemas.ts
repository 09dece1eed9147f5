import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { parseAllDocuments } from "yaml";

type Schema = Record<string, unknown>;

/** A folder with one YAML file an operator: `$BEDPLATE_CRDS`, else `../shared/crds` beside the clone; undefined where there is none. */
export function crdFolder(): string | undefined {
  const folders = [process.env.BEDPLATE_CRDS ?? "", join(import.meta.dirname, "../../../shared/crds")];
  return folders.find((folder) => folder !== "" && existsSync(folder));
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A structural schema as JSON Schema in which what is not named is refused, as the API server's strict validation does. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (!isSchema(schema)) return schema;
  if (schema["x-kubernetes-int-or-string"] === true) return { type: ["integer", "string"] };
  const { pattern, format: _format, default: _default, nullable, ...rest } = schema;
  const kept = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !key.startsWith("x-kubernetes-"))
      .map(([key, value]) => [
        key,
        key === "properties" && isSchema(value)
          ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strict(inner)]))
          : ["enum", "required", "oneOf", "anyOf", "allOf", "not"].includes(key)
            ? value
            : strict(value),
      ]),
  );
  const open =
    schema["x-kubernetes-preserve-unknown-fields"] === true ||
    schema["x-kubernetes-embedded-resource"] === true ||
    "additionalProperties" in schema ||
    !("properties" in schema);
  return {
    ...kept,
    // RE2 knows (?i), JavaScript does not.
    ...(typeof pattern === "string" && !pattern.includes("(?") && { pattern }),
    ...(nullable === true && typeof kept.type === "string" && { type: [kept.type, "null"] }),
    ...(!open && { additionalProperties: false }),
  };
}

/** Validators of the named custom kinds that the folder has, by `apiVersion kind`. */
export function openCrdSchemas(
  folder: string,
  kinds: ReadonlySet<string>,
): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validators = new Map<string, ValidateFunction>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml")))
    for (const document of parseAllDocuments(readFileSync(join(folder, file), "utf8"))) {
      const crd = document.toJS();
      if (!kinds.has(crd?.spec?.names?.kind)) continue;
      for (const version of crd.spec.versions) {
        const { properties } = version.schema.openAPIV3Schema;
        const schema = {
          type: "object",
          properties: { ...properties, apiVersion: true, kind: true, metadata: true },
          additionalProperties: false,
        };
        const closed = strict(schema);
        if (isSchema(closed))
          validators.set(`${crd.spec.group}/${version.name} ${crd.spec.names.kind}`, ajv.compile(closed));
      }
    }
  return validators;
}

/** An error in one line. */
export const said = ({ instancePath, message, params }: ErrorObject) =>
  `${instancePath} ${message} ${JSON.stringify(params)}`;
