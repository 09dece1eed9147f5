import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { Problem } from "../domain/problem.ts";
import { chooseModelFile } from "./model-file.plan.ts";

/** A version and the folder of its files in the artifact store. */
export interface VersionAddress {
  readonly model: string;
  readonly version: number;
  readonly artifactPath: string;
}

/** A stored file with its place, content address and size in bytes. */
export interface StoredFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** What is needed of the artifact store. */
export interface Artifacts {
  readonly files: (folder: string, limit: number) => Promise<readonly StoredFile[]>;
  readonly open: (file: StoredFile) => Promise<Readable>;
}

export interface SourceSettings {
  readonly modelLimitBytes: number;
  readonly loadTimeoutMs: number;
}

/** Finds and reads the ONNX file of a version. */
export interface ModelSource {
  /** Throws MODEL_NOT_ONNX, MODEL_UNSUPPORTED (cannot be told which file) or MODEL_TOO_LARGE. */
  readonly find: (address: VersionAddress) => Promise<StoredFile>;
  /** The file's bytes, checked to be those that were uploaded. */
  readonly read: (file: StoredFile) => Promise<Uint8Array>;
}

const filesLimit = 10_000;
const namesLimit = 5;
/** An MLmodel is a page of YAML; a larger one is not read. */
const mlmodelLimitBytes = 1024 * 1024;

export function createModelSource(artifacts: Artifacts, settings: SourceSettings): ModelSource {
  async function bytesOf(file: StoredFile): Promise<Buffer> {
    const stream = await artifacts.open(file);
    const cut = setTimeout(
      () => stream.destroy(new Error(`reading ${file.digest} took longer than ${settings.loadTimeoutMs} ms`)),
      settings.loadTimeoutMs,
    );
    try {
      const bytes = Buffer.allocUnsafeSlow(file.size);
      const hash = createHash("sha256");
      let length = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        length += chunk.copy(bytes, length);
      }
      if (hash.digest("hex") !== file.digest) {
        throw new Problem(
          "ARTIFACT_CORRUPT",
          `The bytes of ${file.path} are not those that were uploaded; restore the object store or log the file again.`,
        );
      }
      return bytes.subarray(0, length);
    } finally {
      clearTimeout(cut);
    }
  }

  return {
    async find({ model, version, artifactPath }) {
      const files = await artifacts.files(artifactPath, filesLimit);
      const nameOf = (file: StoredFile) => file.path.slice(artifactPath.length + 1);
      const mlmodel = files.find((file) => nameOf(file) === "MLmodel" && file.size <= mlmodelLimitBytes);
      const choice = chooseModelFile(
        files.map(nameOf),
        mlmodel === undefined ? null : (await bytesOf(mlmodel)).toString("utf8"),
      );
      const title = `Version ${version} of "${model}"`;
      if ("refused" in choice) {
        const names = choice.found.slice(0, namesLimit).map((name) => `"${name}"`);
        if (choice.found.length > namesLimit) names.push(`${choice.found.length - namesLimit} more`);
        if (choice.refused === "several") {
          throw new Problem(
            "MODEL_UNSUPPORTED",
            `${title} has several ONNX files (${names.join(", ")}); name the one to serve model.onnx.`,
          );
        }
        const has = names.length === 0 ? "It has no files." : `It has ${names.join(", ")}.`;
        throw new Problem("MODEL_NOT_ONNX", `${title} has no file that ends with .onnx. ${has}`);
      }
      const file = files.find((one) => nameOf(one) === choice.path);
      if (file === undefined) throw new Error(`the chosen file ${choice.path} is not one of the version's`);
      if (file.size > settings.modelLimitBytes) {
        throw new Problem(
          "MODEL_TOO_LARGE",
          `${title} has ${file.size} bytes; the limit is ${settings.modelLimitBytes} (serving.modelLimitBytes).`,
        );
      }
      return file;
    },
    read: bytesOf,
  };
}
