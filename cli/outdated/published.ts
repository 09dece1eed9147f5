import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ask, textOf } from "./bounded-fetch.ts";

/** Where versions of a chart are published. */
export type Source =
  | { readonly kind: "repository"; readonly address: string; readonly chart: string }
  | { readonly kind: "registry"; readonly host: string; readonly repository: string }
  | { readonly kind: "folder"; readonly path: string; readonly chart: string };

/** The part of a Helm repository's index that tells versions. */
const helmIndex = z.object({
  entries: z.record(z.string(), z.array(z.object({ version: z.string() }))),
});
/** A page of tags (OCI distribution). */
const tagList = z.object({ tags: z.array(z.string()).nullish() });
const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

const pageLimit = 50;
const isLoopback = (host: string) => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);

function readIn<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  where: string,
  read: (text: string) => unknown,
) {
  try {
    return schema.parse(read(text));
  } catch {
    throw new Error(`${where} does not answer with a list of versions`);
  }
}

/** Versions of all charts of a Helm repository. Throws an `Error` that says why there are none. */
async function readIndex(
  address: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const url = `${address.replace(/\/+$/, "")}/index.yaml`;
  const answer = await ask(url, {}, signal);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const { entries } = readIn(helmIndex, await textOf(answer, signal), url, (text) => parse(text));
  return Object.fromEntries(
    Object.entries(entries).map(([chart, versions]) => [chart, versions.map(({ version }) => version)]),
  );
}

/** A token for anybody, from where a registry's refusal says. Undefined where it names no such place. */
async function anonymousToken(refusal: Response, signal: AbortSignal): Promise<string | undefined> {
  const challenge = refusal.headers.get("www-authenticate") ?? "";
  const parts = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  if (!/^bearer /i.test(challenge) || parts.realm === undefined) return undefined;
  const url = new URL(parts.realm);
  for (const key of ["service", "scope"]) if (parts[key] !== undefined) url.searchParams.set(key, parts[key]);
  const answer = await ask(url.href, {}, signal);
  if (!answer.ok) return undefined;
  const { token, access_token } = readIn(tokenAnswer, await textOf(answer, signal), url.host, JSON.parse);
  return token ?? access_token;
}

const nextPage = (answer: Response) =>
  /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];

/** Tags of a repository of an OCI registry, without a sign-in; plain HTTP on loopback. Throws as `readIndex` does. */
async function readTags(host: string, repository: string, signal: AbortSignal): Promise<string[]> {
  const server = host === "docker.io" ? "registry-1.docker.io" : host;
  let page: string | undefined =
    `${isLoopback(server) ? "http" : "https"}://${server}/v2/${repository}/tags/list?n=1000`;
  const headers: Record<string, string> = {};
  const tags: string[] = [];
  for (let count = 0; page !== undefined; count++) {
    if (count === pageLimit) throw new Error(`${host} has more than ${pageLimit} pages of tags`);
    let answer: Response = await ask(page, headers, signal);
    if (answer.status === 401 && headers.authorization === undefined) {
      const token = await anonymousToken(answer, signal);
      if (token === undefined) throw new Error(`${host} asks for a sign-in`);
      headers.authorization = `Bearer ${token}`;
      answer = await ask(page, headers, signal);
    }
    if (!answer.ok) throw new Error(`${host} answers ${answer.status} for ${repository}`);
    tags.push(...(readIn(tagList, await textOf(answer, signal), host, JSON.parse).tags ?? []));
    const next = nextPage(answer);
    page = next === undefined ? undefined : new URL(next, page).href;
  }
  return tags;
}

/** Versions of a chart in a folder of `<chart>-<version>.tgz` files. */
function readFolder(path: string, chart: string): string[] {
  const suffix = ".tgz";
  return readdirSync(path)
    .filter((name) => name.startsWith(`${chart}-`) && name.endsWith(suffix))
    .map((name) => name.slice(chart.length + 1, -suffix.length));
}

/** Asks sources for versions, each repository's index once, each question within a time. */
export function openPublished(withinSeconds: number): (source: Source) => Promise<readonly string[]> {
  const indexes = new Map<string, ReturnType<typeof readIndex>>();
  const limit = () => {
    const controller = new AbortController();
    const late = new Error(`no answer within ${withinSeconds} s`);
    setTimeout(() => controller.abort(late), withinSeconds * 1_000).unref();
    return controller.signal;
  };
  return async (source) => {
    if (source.kind === "folder") return readFolder(join(source.path), source.chart);
    if (source.kind === "registry") return readTags(source.host, source.repository, limit());
    const index = indexes.get(source.address) ?? readIndex(source.address, limit());
    indexes.set(source.address, index);
    const versions = (await index)[source.chart];
    if (versions === undefined) throw new Error(`${source.address} has no chart ${source.chart}`);
    return versions;
  };
}
