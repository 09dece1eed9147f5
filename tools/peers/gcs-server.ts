import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ensureGoServer, untilAnswering } from "./go-server.ts";

/** An emulator of Google Cloud Storage (fake-gcs-server over a folder) on a free loopback port. It checks no signature. */
export interface GcsServer {
  readonly endpoint: string;
  /** Key file of mode 0600 of a service account that nobody knows; its key signs addresses. */
  readonly credentialsFile: string;
  /** Of the key in that file. */
  readonly publicKey: string;
  /** Makes an empty bucket. */
  readonly createBucket: (name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const version = "v1.56.1";
const module = "github.com/fsouza/fake-gcs-server";

/** Why the emulator cannot be had here; null where it can. */
export function gcsServerLack(): string | null {
  return spawnSync("go", ["version"]).status === 0 ? null : "there is no Go to build fake-gcs-server with";
}

export async function startGcsServer(): Promise<GcsServer> {
  const program = ensureGoServer(module, version);
  const folder = mkdtempSync(join(tmpdir(), "bedplate-gcs-"));
  const data = join(folder, "data");
  mkdirSync(data);
  const credentialsFile = join(folder, "credentials.json");
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const account = {
    type: "service_account",
    client_email: "bedplate@test.iam.gserviceaccount.com",
    private_key: privateKey,
  };
  writeFileSync(credentialsFile, JSON.stringify(account), { mode: 0o600 });
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const endpoint = `http://${host}`;
  const place = ["-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-filesystem-root", data];
  const server = spawn(program, [...place, "-public-host", host, "-external-url", endpoint], {
    stdio: "ignore",
    env: { PATH: process.env.PATH },
  });
  const stopped = once(server, "exit");
  await untilAnswering(endpoint);
  return {
    endpoint,
    credentialsFile,
    publicKey,
    async createBucket(name) {
      const answer = await fetch(`${endpoint}/storage/v1/b?project=test`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      if (!answer.ok) throw new Error(`no bucket ${name}: ${answer.status}`);
    },
    async stop() {
      server.kill("SIGTERM");
      await stopped;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
