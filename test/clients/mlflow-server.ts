import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../tools/bench/server-process.ts";
import { freePort } from "../../tools/peers/free-port.ts";

/** A real `mlflow server` over an empty SQLite database and a folder for artifacts, both of which go with it. */
export interface MlflowServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts the MLflow server that is installed beside this Python, on a free port of the loopback. */
export async function startMlflowServer(python: string): Promise<MlflowServer> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-mlflow-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const where = ["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`];
  const artifacts = ["--serve-artifacts", "--artifacts-destination", join(folder, "artifacts")];
  const address = ["--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  try {
    const server = await launch({
      name: "mlflow server",
      command: python,
      args: ["-m", "mlflow", "server", ...where, ...artifacts, ...address],
      env: {
        MLFLOW_DISABLE_TELEMETRY: "true",
        DO_NOT_TRACK: "true",
        GIT_PYTHON_REFRESH: "quiet",
        // Its web server leaves a socket there.
        HOME: folder,
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http,https",
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
      },
      url,
      headers: {},
    });
    const stop = async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
    return { url, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
