import { spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/**
 * The command to put in front of another one, so that what it and its children ask of the file system, and whom they
 * call, is written to a file; the other one keeps its process id, and only those calls are slowed down. Empty where strace is not here, or may
 * not follow processes.
 */
export function traceCommand(file: string): readonly string[] {
  const command = [
    "strace",
    "-D",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-s",
    "4096",
    "-e",
    "trace=%file,connect",
    "-o",
    file,
  ];
  return spawnSync("strace", [...command.slice(1), "true"]).status === 0 ? command : [];
}

const pathPattern = /"((?:[^"\\]|\\.)*)"/g;

/** The paths in such a file, each once; text that is no path, such as an argument, may be among them. */
export async function tracedPaths(file: string): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    // The arguments of a program that is started are no paths that are opened, nor is what a link says when its call was
    // written in two parts.
    if (/execve\(|connect\(|<\.\.\. readlink(at)? resumed>/.test(line)) continue;
    const named = [...line.matchAll(pathPattern)].map(([, path = ""]) => path);
    // What a link says is relative to the link, and what follows it opens the path itself.
    for (const path of /readlink(at)?\(/.test(line) ? named.slice(0, 1) : named)
      if (path !== "") paths.add(path);
  }
  return paths;
}

const addressPattern = /inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"/;

/** The addresses of other machines and of this one that were called, each once. */
export async function tracedAddresses(file: string): Promise<ReadonlySet<string>> {
  const addresses = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, address] = (line.includes("connect(") && addressPattern.exec(line)) || [];
    if (address !== undefined) addresses.add(address);
  }
  return addresses;
}
