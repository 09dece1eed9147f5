import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CatalogChart, catalog } from "@bedplate/components/catalog";
import { repositoryRoot } from "@bedplate/tools/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newest } from "./newest.ts";
import { findOutdated } from "./outdated.ts";

const chart = (repo: string, name: string, version: string): CatalogChart => ({
  repo,
  chart: name,
  version,
  namespace: "n",
  crdStyle: "none",
  licence: "Apache-2.0",
  checkedOn: "2026-11-30",
  quirks: [],
  images: {},
});

const index = `apiVersion: v1
entries:
  gateway:
    - { version: v2.0.0-rc.1 }
    - { version: v1.9.1 }
    - { version: v1.10.0 }
  current: [{ version: 0.3.0 }]
`;
/** A registry with one page of tags after another, for whoever has a token, which it gives to anybody. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const address = `http://${request.headers.host}`;
  if (pathname === "/charts/index.yaml") response.end(index);
  else if (pathname === "/token") response.end(JSON.stringify({ token: searchParams.get("scope") }));
  else if (pathname === "/html/index.yaml") response.end("<html>");
  else if (pathname === "/silent/index.yaml") response.writeHead(200).write("entries:\n");
  else if (pathname.startsWith("/v2/open/")) {
    const scope = `repository:${pathname}`;
    if (request.headers.authorization !== `Bearer ${scope}`) {
      const challenge = `Bearer realm="${address}/token",service="test",scope="${scope}"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else if (searchParams.has("last"))
      response.end(JSON.stringify({ tags: ["v99.0.0", "sha256-abc.sig"] }));
    else {
      response.setHeader("link", `<${pathname}?last=x>; rel="next"`);
      response.end(JSON.stringify({ tags: ["v1.0.0", "98.0.0_build.1"] }));
    }
  } else if (pathname.startsWith("/v2/closed/")) response.writeHead(401).end();
  else response.writeHead(404).end();
}

let server: Server;
let host = "";
beforeAll(async () => {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("charts that have a newer version", () => {
  test("are found in a Helm repository's index and among a registry's tags, page by page, with a token for anybody", async () => {
    const found = await findOutdated(
      {
        gateway: chart(`http://${host}/charts/`, "gateway", "v1.9.0"),
        current: chart(`http://${host}/charts`, "current", "0.3.0"),
        kueue: chart(`oci://${host}/open`, "kueue", "0.19.2"),
        feast: chart("none", "feast", "0.66.0"),
      },
      { withinSeconds: 20 },
    );
    expect(found.map(({ chart: name, state, newest: version }) => [name, state, version])).toEqual([
      ["current", "current", null],
      ["feast", "unpublished", null],
      ["gateway", "newer", "v1.10.0"],
      ["kueue", "newer", "v99.0.0"],
    ]);
  });

  test("are not invented where nobody answers: each says why, and a silent one ends in its time", async () => {
    const at = (repo: string) => chart(repo, "c", "1.0.0");
    const found = await findOutdated(
      {
        closed: at(`oci://${host}/closed`),
        gone: at("http://127.0.0.1:1"),
        html: at(`http://${host}/html`),
        missing: at(`http://${host}/charts`),
        none: at(`http://${host}/nowhere`),
        silent: at(`http://${host}/silent`),
      },
      { withinSeconds: 1 },
    );
    expect(found.map(({ state }) => state)).toEqual(Array(6).fill("unanswered"));
    expect(found.map(({ reason }) => reason)).toEqual([
      `${host} asks for a sign-in`,
      expect.stringMatching(/^127\.0\.0\.1:1 cannot be reached \(/),
      `http://${host}/html/index.yaml does not answer with a list of versions`,
      `http://${host}/charts has no chart c`,
      `http://${host}/nowhere/index.yaml answers 404`,
      "no answer within 1 s",
    ]);
  });

  test.each([
    ["3.6.1-final", ["3.7.0-beta1", "3.6.2-final"], "3.6.2-final"],
    ["v1.0.0", ["1.1.0-rc.1", "latest"], undefined],
    ["1.0.0", ["1.0.0_2"], "1.0.0+2"],
  ])("of %s among %j is %s", (pinned, published, version) => {
    expect(newest(pinned, published)).toBe(version);
  });
});

/** The command itself, over a mirror. */
async function outdated(...args: string[]) {
  const command = [join(repositoryRoot, "cli/bin/bedplate.js"), "outdated", ...args];
  const child = spawn(process.execPath, command);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const [code] = await once(child, "close");
  return { code, out };
}

describe("the command", () => {
  test("asks the mirror in place of all repositories, and exits with 1 when a chart has a newer version", async () => {
    const { code, out } = await outdated("--chart-mirror", `oci://${host}/open`, "--json");
    const found: { state: string; newest: string }[] = JSON.parse(out);
    expect(found).toHaveLength(Object.keys(catalog).length);
    expect(found.every(({ state, newest: version }) => state === "newer" && version === "v99.0.0")).toBe(
      true,
    );
    expect(code).toBe(1);
  });

  test("exits with 2 when nothing newer is known and not all answered, and with 0 when all are current", async () => {
    const silent = await outdated("--chart-mirror", "oci://127.0.0.1:1/charts");
    expect(silent.out).toMatch(
      /charts: 0 have a newer version, \d+ could not be looked up:\n.*cannot be reached/,
    );
    expect(silent.code).toBe(2);
    const folder = mkdtempSync(join(tmpdir(), "bedplate-charts-"));
    for (const entry of Object.values(catalog))
      writeFileSync(join(folder, `${entry.chart}-${entry.version}.tgz`), "");
    const whole = await outdated("--chart-mirror", folder);
    rmSync(folder, { recursive: true });
    expect(whole.code).toBe(0);
  });
});
