import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openService, type ServiceUnderTest, token } from "../runtime/testing/service.ts";
import { Problem } from "./problem.ts";
import { teamCommand, tokenCommand } from "./team-commands.ts";

let service: ServiceUnderTest;
let url: string;
let folder: string;
beforeAll(async () => {
  service = await openService();
  url = await service.app.listen({ host: "127.0.0.1", port: 0 });
  folder = await mkdtemp(join(tmpdir(), "bedplate-cli-"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await service.close();
  await rm(folder, { recursive: true });
});

/** What a command prints, as somebody. */
async function run(command: Command, words: readonly string[], by = token): Promise<string> {
  vi.stubEnv("BEDPLATE_URL", `${url}/`);
  vi.stubEnv("BEDPLATE_TOKEN", by);
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  try {
    await command.parseAsync(words, { from: "user" });
    return printed.join("\n");
  } finally {
    log.mockRestore();
    vi.unstubAllEnvs();
  }
}
const team = (...words: string[]) => run(teamCommand(), words);
const parsed = async (command: Command, ...words: string[]) =>
  JSON.parse(await run(command, [...words, "--json"]));

async function statusOf(bearer: string): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}` };
  return (await fetch(`${url}/api/bedplate/v1/identity`, { headers })).status;
}

test("a team is made, shown with its quotas, listed and deleted", async () => {
  const words = ["create", "red", "--title", "Fraud", "--quota", "runs=5", "--quota", "webhooks=0"];
  const made = await parsed(teamCommand(), ...words, "--approvals", "2", "--visibility", "internal");
  expect(made).toMatchObject({
    name: "red",
    visibility: "internal",
    promotion: { approvals: 2 },
    quotas: { runs: 5, webhooks: 0 },
  });
  expect(await parsed(teamCommand(), "show", "red")).toMatchObject({ name: "red", used: { runs: 0 } });
  expect(await team("show", "red")).toMatch(/red \(Fraud\): internal, approvals 2.*\n.*\n[\s\S]*runs +0 +5/);
  expect((await parsed(teamCommand(), "list")).map(({ name }: { name: string }) => name)).toEqual([
    "default",
    "red",
  ]);
  expect(await team("list")).toMatch(/^TEAM +VISIBILITY +TITLE\n/);
  expect(await team("create", "short")).toContain("short");
  await team("delete", "short");
  await expect(team("show", "short")).rejects.toThrow('There is no team "short"');
});

test("everything that is wrong with a team is said at once, and nothing is made", async () => {
  const wrong = ["create", "Not A Team", "--quota", "runs=many", "--quota", "rums=1"];
  const failed = await team(...wrong).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Problem);
  expect(String(failed)).toMatch(/name: [\s\S]*runs/);
  expect(String(failed)).toContain("rums");
  await expect(team("create", "red")).rejects.toThrow("already");
});

test("a member gets a token, works with it, and loses it with every other one that they have in the team", async () => {
  const file = join(folder, "ann");
  const add = ["member", "add", "red", "ann", "--role", "contributor"];
  const said = await run(teamCommand(), [...add, "--days", "2", "--file", file]);
  const kept = (await readFile(file, "utf8")).trim();
  expect(said).not.toContain(kept);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const shown = (await parsed(teamCommand(), ...add)).token;
  expect([await statusOf(kept), await statusOf(shown)]).toEqual([200, 200]);
  const { token: other } = await parsed(tokenCommand(), "create", "ann", "--role", "viewer");
  const own = JSON.parse(await run(tokenCommand(), ["list", "--json"], kept));
  expect(own).toHaveLength(2);
  expect((await parsed(teamCommand(), "member", "remove", "red", "ann")).revoked).toHaveLength(2);
  expect([await statusOf(kept), await statusOf(shown), await statusOf(other)]).toEqual([401, 401, 200]);
  await expect(team("member", "remove", "red", "ann")).rejects.toThrow("no token");
});

test("a token is listed without its secret and ends when it is revoked", async () => {
  const made = await parsed(tokenCommand(), "create", "bob", "--role", "operator", "--title", "deploys");
  expect(made).toMatchObject({ user: "bob", role: "operator", team: null });
  const list = await run(tokenCommand(), ["list"]);
  expect(list).toMatch(/bob +operator +\(all\) +\d{4}-\d\d-\d\d +deploys/);
  expect(list).not.toContain(made.token);
  await run(tokenCommand(), ["revoke", made.id]);
  expect(await statusOf(made.token)).toBe(401);
});

test("a token that cannot be written is revoked, and nothing is overwritten", async () => {
  const file = join(folder, "taken");
  await writeFile(file, "mine");
  const before = (await parsed(tokenCommand(), "list")).length;
  const create = ["create", "eve", "--role", "viewer", "--file", file];
  await expect(run(tokenCommand(), create)).rejects.toThrow("revoked");
  expect(await readFile(file, "utf8")).toBe("mine");
  expect(await parsed(tokenCommand(), "list")).toHaveLength(before);
});

test("a platform that refuses, or that is none, is said in a sentence", async () => {
  await expect(run(teamCommand(), ["list"], "wrong")).rejects.toThrow("Send the platform's token");
  vi.stubEnv("BEDPLATE_URL", "http://127.0.0.1:1");
  vi.stubEnv("BEDPLATE_TOKEN", "x");
  await expect(teamCommand().parseAsync(["list"], { from: "user" })).rejects.toThrow("does not answer");
  vi.unstubAllEnvs();
});
