import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveCommand } from "./job-command.ts";

let root: string;
let outside: string;
beforeAll(async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "bedplate-command-")));
  root = join(folder, "root");
  outside = join(folder, "outside");
  await mkdir(join(root, "venv/bin"), { recursive: true });
  await mkdir(join(root, "work"));
  await mkdir(outside);
  for (const path of [join(root, "work/run"), join(outside, "tool"), join(folder, "rootless")]) {
    await writeFile(path, "#!/bin/sh\n");
    await chmod(path, 0o755);
  }
  await writeFile(join(root, "work/data"), "");
  await symlink(join(outside, "tool"), join(root, "venv/bin/python"));
  await symlink(outside, join(root, "way-out"));
});
afterAll(() => rm(join(root, ".."), { recursive: true }));

const find = (command: string[], workingDirectory = ".") =>
  resolveCommand({ command, workingDirectory }, { programRoot: root, searchPath: `relative:${outside}` });

test("a bare name is found on the PATH, a path below the root", async () => {
  expect(await find(["tool", "a b"])).toEqual({
    command: [join(outside, "tool"), "a b"],
    workingDirectory: root,
  });
  expect(await find(["./run"], "work")).toEqual({
    command: [join(root, "work/run")],
    workingDirectory: join(root, "work"),
  });
  expect(await find([join(root, "work/run")])).toMatchObject({ command: [join(root, "work/run")] });
});

test("a virtual environment's program keeps its own path, though it is a link", async () => {
  expect(await find(["venv/bin/python"])).toMatchObject({ command: [join(root, "venv/bin/python")] });
});

test("nothing leads out of the root", async () => {
  const folders = ["..", "work/../..", "/", "way-out", "/etc", "work/\0"];
  for (const folder of folders) expect(await find(["tool"], folder), folder).toHaveProperty("problems.0");
  const programs = [
    "../rootless",
    "way-out/tool",
    "/bin/sh",
    "./../root/../rootless",
    "..",
    "",
    "work/",
    "./work/data",
  ];
  for (const program of programs) expect(await find([program]), program).toHaveProperty("problems.0");
});

test("a wrong folder and a wrong program are told at once, with their values", async () => {
  const answer = await find(["no-such-program"], "no-such-folder");
  expect(answer).toEqual({
    problems: [
      'workingDirectory: "no-such-folder" does not exist below the program root.',
      'command: there is no program "no-such-program" on the service\'s PATH.',
    ],
  });
});

test("a program root that is gone is a problem in words", async () => {
  const places = { programRoot: join(root, "gone"), searchPath: outside };
  const answer = await resolveCommand({ command: ["tool"], workingDirectory: "." }, places);
  expect(answer).toHaveProperty("problems.0", expect.stringContaining("does not exist"));
});
