import { readFileSync } from "node:fs";
import { fieldsOf, itemsOf } from "@bedplate/policies/lib/plain-data.ts";
import { Problem } from "../problem.ts";
import { type Subject, stateSubject } from "./subject.ts";

/**
 * The resources in a file of the engine: `pulumi stack export`, `pulumi preview --json`, or a state as the engine's
 * file backend keeps it. Of a preview, what will be there after the update.
 */
export function readState(file: string): readonly Subject[] {
  return resourcesOf(parseFile(file), file).flatMap((resource) => stateSubject(file, resource) ?? []);
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Problem(
      `${file} cannot be read as JSON: ${error instanceof Error ? error.message : "no text"}`,
    );
  }
}

function resourcesOf(document: unknown, file: string): readonly unknown[] {
  const { deployment, checkpoint, steps } = fieldsOf(document);
  if (Array.isArray(steps)) return steps.map((step) => fieldsOf(step).newState);
  const holder = deployment ?? fieldsOf(checkpoint).latest;
  if (typeof holder === "object" && holder !== null) return itemsOf(fieldsOf(holder).resources);
  throw new Problem(
    `${file} is no state of the engine: make one with \`pulumi stack export\` or \`pulumi preview --json\`.`,
  );
}
