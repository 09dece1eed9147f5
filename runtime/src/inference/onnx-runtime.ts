/**
 * Loads ONNX Runtime with its telemetry off. Since 1.30 its packages for Linux and macOS keep an identifier of the
 * machine under the user's cache folder and send what is loaded and run to Microsoft; it looks at this variable once,
 * when the first session of a process is made. Source: onnxruntime, docs/Privacy.md.
 */
export async function loadOnnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  return await import("onnxruntime-node");
}
