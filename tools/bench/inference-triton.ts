import { spawn } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../peers/free-port.ts";
import { collect, ensurePython } from "../peers/python.ts";
import { type Peer, startPeer } from "./inference-peers.ts";

const packages = ["onnxruntime==1.30.0", "numpy==1.26.4"];
/** It is needed for the files in it alone. */
const alone = ["nvidia-pytriton==0.7.0"];
const name = "Triton 2.51 (nvidia-pytriton 0.7.0), Python backend with onnxruntime 1.30.0, dynamic batching";

/** Where a Python has what Triton's own process of that Python needs. */
interface PythonPaths {
  readonly version: string;
  /** Of `libpython`; a Python that was built without it cannot be embedded. */
  readonly libraries: string;
  readonly packages: string;
}

const tellPaths = `
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "libraries": sysconfig.get_config_var("LIBDIR") if sysconfig.get_config_var("Py_ENABLE_SHARED") else "",
    "packages": sysconfig.get_path("purelib"),
}))`;

/**
 * The server binary that comes in NVIDIA's wheel, with its Python backend and otherwise its defaults; it brings no
 * backend for ONNX. The backend's process is linked to one version of Python, so it gets that Python's library and
 * packages.
 */
export async function startTriton(models: string, cores: string | null): Promise<Peer> {
  const python = await pathsOf(await ensurePython(packages, alone));
  if (python.libraries === "") throw new Error("python3 was built without a shared library (libpython)");
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bench-triton-"));
  const backends = await prepareBackends(folder, python);
  const repository = await prepareRepository(folder, models);
  const port = await freePort();
  const server = await startPeer({
    command: join(python.packages, "pytriton/tritonserver/bin/tritonserver"),
    args: [
      `--model-repository=${repository}`,
      `--backend-directory=${backends}`,
      "--http-address=127.0.0.1",
      `--http-port=${port}`,
      "--allow-grpc=false",
      "--allow-metrics=false",
    ],
    env: {
      LD_LIBRARY_PATH: `${python.libraries}:${join(python.packages, "nvidia_pytriton.libs")}`,
      PYTHONPATH: python.packages,
    },
    cores,
    port,
    ready: "/v2/models/iris/ready",
    folder,
  });
  return { ...server, name };
}

async function pathsOf(python: string): Promise<PythonPaths> {
  const { status, output } = await collect(spawn(python, ["-c", tellPaths]));
  if (status !== 0) throw new Error(`${python} does not tell where it is: ${output}`);
  return JSON.parse(output) as PythonPaths;
}

/** The wheel keeps a backend's process for each version of Python; the server looks for one beside its library. */
async function prepareBackends(folder: string, { packages, version }: PythonPaths): Promise<string> {
  const distribution = join(packages, "pytriton/tritonserver");
  const backends = join(folder, "backends");
  await cp(join(distribution, "backends"), backends, { recursive: true });
  const stub = "triton_python_backend_stub";
  const own = join(backends, "python", stub);
  await copyFile(join(distribution, "python_backend_stubs", version, stub), own);
  return backends;
}

const configuration = `
name: "iris"
backend: "python"
max_batch_size: 64
dynamic_batching {}
input [{ name: "x", data_type: TYPE_FP32, dims: [4] }]
output [{ name: "y", data_type: TYPE_FP32, dims: [3] }]
instance_group [{ kind: KIND_CPU, count: 1 }]
`;

async function prepareRepository(folder: string, models: string): Promise<string> {
  const repository = join(folder, "models");
  const version = join(repository, "iris", "1");
  await mkdir(version, { recursive: true });
  await writeFile(join(repository, "iris", "config.pbtxt"), configuration);
  await copyFile(join(import.meta.dirname, "inference_triton.py"), join(version, "model.py"));
  await copyFile(join(models, "iris.onnx"), join(version, "model.onnx"));
  return repository;
}
