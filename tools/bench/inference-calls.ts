import { spawn } from "node:child_process";
import { collect } from "../peers/python.ts";
import type { RawCall } from "./raw-load.ts";

/** What every part of the benchmark of predictions works with. */
export interface Bench {
  readonly rounds: number;
  readonly roundMs: number;
  /** Where the models are. */
  readonly folder: string;
  readonly python: string;
}

export const json = { "content-type": "application/json" };

/** A request of the Open Inference Protocol with its numbers in JSON. */
export const bodyOf = (shape: readonly number[], data: readonly number[]) =>
  Buffer.from(JSON.stringify({ inputs: [{ name: "x", shape, datatype: "FP32", data }] }));

/** The same with its numbers in binary; so are those of the answer where that is asked for. */
export function binaryCall(path: string, shape: readonly number[], data: Float32Array): RawCall {
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: "x", shape, datatype: "FP32", parameters }],
      parameters: { binary_data_output: true },
    }),
  );
  return {
    path,
    body: Buffer.concat([head, new Uint8Array(data.buffer)]),
    headers: { "inference-header-content-length": String(head.length) },
  };
}

/** Runs a command. Throws with the end of what it printed when it fails. */
export async function check(command: string, args: readonly string[]): Promise<void> {
  const { status, output } = await collect(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${output.slice(-2_000)}`);
}
