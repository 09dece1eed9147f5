import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fieldsOf, itemsOf } from "@bedplate/policies/lib/plain-data.ts";
import { parseAllDocuments } from "yaml";
import { Problem, problems } from "../problem.ts";
import { manifestSubject, type Subject } from "./subject.ts";

/** One file, in bytes; the biggest bundles of custom resource definitions have a few million. */
const fileLimit = 64 * 1024 * 1024;
/** Files of one folder. */
const countLimit = 100_000;

/** Every object of Kubernetes in the YAML and JSON files of a folder, or in one file; lists are taken apart. */
export function readManifests(path: string): readonly Subject[] {
  const broken: string[] = [];
  const subjects = manifestFiles(path).flatMap((file) => {
    try {
      return readObjects(file).flatMap((object) => toSubjects(relative(".", file), object));
    } catch (error) {
      broken.push(`${file} cannot be read: ${error instanceof Error ? firstLine(error.message) : "no text"}`);
      return [];
    }
  });
  if (broken.length > 0) throw problems(broken);
  return subjects;
}

const firstLine = (message: string) => message.split("\n")[0] ?? message;

function manifestFiles(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Problem(`There is no ${path}: --manifests wants a folder or a file.`);
  if (!found.isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(path, file).split("/").includes("node_modules"))
    .sort();
  if (files.length <= countLimit) return files;
  throw new Problem(`${path} has ${files.length} manifests; at most ${countLimit} are judged at once.`);
}

function readObjects(file: string): readonly unknown[] {
  const { size } = statSync(file);
  if (size > fileLimit) throw new Error(`it has ${size} bytes, and ${fileLimit} are allowed`);
  const text = readFileSync(file, "utf8");
  if (file.toLowerCase().endsWith(".json")) return [JSON.parse(text)];
  return parseAllDocuments(text, { logLevel: "error" }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** `v1` `List` is kubectl's way to put several objects into one file. */
function toSubjects(file: string, object: unknown): readonly Subject[] {
  const { kind, items } = fieldsOf(object);
  if (kind === "List") return itemsOf(items).flatMap((item) => toSubjects(file, item));
  const subject = manifestSubject(file, object);
  return subject === null ? [] : [subject];
}
