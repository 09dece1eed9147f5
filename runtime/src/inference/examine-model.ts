import type { ModelProfile } from "../domain/model-profile.ts";
import { Problem } from "../domain/problem.ts";
import { checkOnnxFile } from "./onnx-file.ts";
import { ModelProcess } from "./process/model-process.ts";

export interface ExamineSettings {
  readonly examineTimeoutMs: number;
  readonly processMemoryBytes: number;
  readonly batchRows: number;
}

/** A look at so many bytes takes milliseconds at most. */
const quickLookBytes = 256 * 1024;

/**
 * Loads a model for the first time, in a process that is thrown away afterwards, and measures it. Nothing that a model
 * does there harms the service: memory and time are limited, and a crash is that process's own.
 * Throws what `checkOnnxFile` throws, and MODEL_UNSUPPORTED for a model that cannot be loaded, or that does not come to
 * an end within the limits.
 */
export async function examineModel(bytes: Uint8Array, settings: ExamineSettings): Promise<ModelProfile> {
  const { examineTimeoutMs, processMemoryBytes, batchRows } = settings;
  // What is small is looked at here: most files that are refused need no process for that.
  if (bytes.length <= quickLookBytes) checkOnnxFile(bytes);
  const process = new ModelProcess({ memoryBytes: processMemoryBytes });
  try {
    const { inputs, outputs, hasBoundedOperators } = await process.open(0, bytes, examineTimeoutMs);
    const measured = await process.ask("measure", { model: 0, rowLimit: batchRows }, examineTimeoutMs);
    const isOpen = inputs.some(({ shape }) => shape.slice(1).includes(-1));
    const isFixed = inputs.every(({ shape }) => !shape.includes(-1));
    return {
      inputs: [...inputs],
      outputs: [...outputs],
      ...measured,
      bounded: hasBoundedOperators && !isOpen && (isFixed || measured.batch !== null),
    };
  } catch (error) {
    if (error instanceof Problem && error.code === "UNAVAILABLE") {
      throw new Problem(
        "MODEL_UNSUPPORTED",
        `The model could not be loaded and run once within ${examineTimeoutMs} ms and ${processMemoryBytes} bytes ` +
          "(serving.examineTimeoutMs, serving.processMemoryBytes), or it broke the process that tried.",
      );
    }
    throw error;
  } finally {
    await process.kill();
  }
}
