import type { ApiClient } from "./api-client.ts";

/** A kind as it is asked for. */
export interface ApiResource {
  /** `pods`, or `jobs.batch` where it has a group. */
  readonly name: string;
  readonly namespaced: boolean;
  /** Its address; in a namespace where one is given. */
  readonly path: (namespace?: string) => string;
}

interface Listed {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Every kind that can be listed. */
export async function listApiResources(api: ApiClient): Promise<readonly ApiResource[]> {
  const get = async (path: string) => JSON.parse((await api.send("GET", path)).body);
  const { groups } = await get("/apis");
  const versions = groups.map(
    (group: { preferredVersion: { groupVersion: string } }) => `/apis/${group.preferredVersion.groupVersion}`,
  );
  const lists = await Promise.all(
    ["/api/v1", ...versions].map(async (root) => ({ root, found: (await get(root)).resources as Listed[] })),
  );
  return lists.flatMap(({ root, found }) =>
    found
      .filter(({ name, verbs }) => !name.includes("/") && verbs.includes("list"))
      .map(({ name, namespaced }) => ({
        name: root === "/api/v1" ? name : `${name}.${root.split("/")[2]}`,
        namespaced,
        path: (namespace?: string) =>
          namespace === undefined ? `${root}/${name}` : `${root}/namespaces/${namespace}/${name}`,
      })),
  );
}
