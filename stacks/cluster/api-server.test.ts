import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { clusterProblem } from "./api-server.ts";

const folder = mkdtempSync(join(tmpdir(), "bedplate-kubeconfig-"));
const kubeconfig = join(folder, "config");
let server: Server;
let port = 0;
let answer = 200;
let shown: string | undefined;
beforeAll(async () => {
  server = createServer((request, response) => {
    shown = request.headers.authorization;
    response.writeHead(answer).end("{}");
  });
  port = await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
});
afterEach(() => rmSync(kubeconfig, { force: true }));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** JSON is YAML. */
function write(user: Record<string, unknown>, address = `http://127.0.0.1:${port}`): void {
  const content = {
    "current-context": "here",
    clusters: [{ name: "c", cluster: { server: address } }],
    contexts: [{ name: "here", context: { cluster: "c", user: "me" } }],
    users: [{ name: "me", user }],
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
}

const problem = () => clusterProblem({ kubeconfig }, "dev");

test("a cluster that answers has no problem, and is shown what the kubeconfig has", async () => {
  answer = 200;
  writeFileSync(join(folder, "token"), "from-a-file\n");
  write({ tokenFile: "token" });
  expect(await problem()).toBeUndefined();
  expect(shown).toBe("Bearer from-a-file");
  const credential = { status: { token: "from-a-plugin" } };
  const print = `process.stdout.write(${JSON.stringify(JSON.stringify(credential))})`;
  const apiVersion = "client.authentication.k8s.io/v1";
  write({ exec: { apiVersion, command: process.execPath, args: ["-e", print] } });
  expect(await problem()).toBeUndefined();
  expect(shown).toBe("Bearer from-a-plugin");
});

test.each([
  [401, "they are wrong or have expired"],
  [503, "it is not ready"],
])("an answer of %s is a sentence", async (status, words) => {
  answer = status;
  write({ token: "t" });
  expect(await problem()).toContain(words);
});

test("a cluster that is not there, a file that is none, and no file at all are sentences", async () => {
  write({}, "http://127.0.0.1:1");
  expect(await problem()).toMatch(/http:\/\/127\.0\.0\.1:1, cannot be reached: .*ECONNREFUSED/);
  writeFileSync(kubeconfig, "clusters: 3");
  expect(await problem()).toMatch(/^The kubeconfig .*config is no kubeconfig \(clusters: /);
  rmSync(kubeconfig);
  expect(await problem()).toMatch(/^There is no kubeconfig: .* Set KUBECONFIG, or kubeconfig and context of/);
});
