import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { AccessRule, Settings, TrainingConnection, trainingAccess } from "@bedplate/contract";
import { trainingAccess as access } from "@bedplate/contract";

type ClusterConnection = Extract<TrainingConnection, { kind: "kubernetes" }>;
type Access = typeof trainingAccess;
/** The resources with which a verb is allowed. */
type Allowed<Verb extends AccessRule["verbs"][number]> = {
  [Name in keyof Access]: Verb extends Access[Name]["verbs"][number] ? Name : never;
}[keyof Access];

/** An object as the API server gives it; what is read of it is checked where it is read. */
export type ClusterObject = Readonly<Record<string, unknown>>;

/** The API server answered, and it is no. */
export class ClusterRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ClusterRefusal";
    this.status = status;
  }
}

/** Which objects are meant, as the API server's queries say it. */
type Selector = { readonly labelSelector: string } | { readonly fieldSelector: string };

interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

/** What the service may do with its cluster: `trainingAccess` and no more. */
export interface KubernetesApi {
  /** The object as it is then; one that is there already is left as it is. */
  readonly ensure: (
    resource: Allowed<"create"> & Allowed<"get">,
    object: ClusterObject,
  ) => Promise<ClusterObject>;
  /** False when there is one of that name already. */
  readonly create: (resource: Allowed<"create">, object: ClusterObject) => Promise<boolean>;
  readonly list: (resource: Allowed<"list">, selector: Selector) => Promise<readonly ClusterObject[]>;
  /** Deletes it and what belongs to it; one that is not there is fine. */
  readonly remove: (resource: Allowed<"delete">, name: string) => Promise<void>;
  /** The log of a pod's first container, at most so many bytes; null when the pod is gone. */
  readonly podLog: (pod: string, limitBytes: number) => Promise<Buffer | null>;
  readonly close: () => void;
}

const metadataOf = (object: ClusterObject) => object.metadata as { readonly name: string };

/**
 * The API server that a pod is given. Throws `ClusterRefusal` for what it refuses, other errors when it cannot be
 * reached; nothing is tried twice, because whoever calls looks again anyway.
 */
export function openKubernetesApi(
  connection: ClusterConnection,
  settings: Settings["dispatch"]["cluster"],
): KubernetesApi {
  const { server, tokenFile, caFile, namespace } = connection;
  let agent: Agent | undefined;

  /** The certificate authority stays as long as the pod does. */
  const agentOf = async () => {
    agent ??= new Agent({ keepAlive: true, maxSockets: 8, ca: await readFile(caFile) });
    return agent;
  };

  async function send({ method, path, body }: Call, limitBytes: number): Promise<Buffer> {
    const token = (await readFile(tokenFile, "utf8")).trim();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await exchange(
      new URL(path, server),
      {
        method,
        agent: await agentOf(),
        signal: AbortSignal.timeout(settings.timeoutMs),
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json, */*",
          ...(text !== undefined && { "content-type": "application/json" }),
        },
      },
      text,
    );
    const bytes = await readBounded(response, limitBytes);
    const { statusCode = 0 } = response;
    if (statusCode >= 300) throw new ClusterRefusal(statusCode, messageOf(bytes, statusCode));
    return bytes;
  }

  const sendJson = async (call: Call): Promise<ClusterObject> =>
    JSON.parse((await send(call, settings.answerLimitBytes)).toString("utf8"));

  const pathOf = (resource: keyof Access, name = "") => {
    const { apiGroup, version } = access[resource];
    const root = apiGroup === "" ? `/api/${version}` : `/apis/${apiGroup}/${version}`;
    const [kind = "", part] = resource.split("/");
    const parts = [kind, name, part].filter((each) => each !== undefined && each !== "");
    return `${root}/namespaces/${namespace}/${parts.map((each) => encodeURIComponent(each ?? "")).join("/")}`;
  };

  const create = async (resource: Allowed<"create">, body: ClusterObject) => {
    try {
      await sendJson({ method: "POST", path: pathOf(resource), body });
      return true;
    } catch (error) {
      if (error instanceof ClusterRefusal && error.status === 409) return false;
      throw error;
    }
  };

  return {
    create,
    async ensure(resource, object) {
      await create(resource, object);
      return await sendJson({ method: "GET", path: pathOf(resource, metadataOf(object).name) });
    },
    async list(resource, selector) {
      const all: ClusterObject[] = [];
      let next = "";
      do {
        const query = new URLSearchParams({
          ...selector,
          limit: String(settings.pageSize),
          ...(next !== "" && { continue: next }),
        });
        const page = await sendJson({ method: "GET", path: `${pathOf(resource)}?${query}` });
        all.push(...(page.items as ClusterObject[]));
        next = (page.metadata as { readonly continue?: string }).continue ?? "";
      } while (next !== "");
      return all;
    },
    async remove(resource, name) {
      try {
        // A Job that is deleted without a word about its pods leaves them running.
        const path = `${pathOf(resource, name)}?propagationPolicy=Foreground`;
        await sendJson({ method: "DELETE", path });
      } catch (error) {
        if (!(error instanceof ClusterRefusal && error.status === 404)) throw error;
      }
    },
    async podLog(pod, limitBytes) {
      try {
        const path = `${pathOf("pods/log", pod)}?limitBytes=${limitBytes}`;
        return await send({ method: "GET", path }, limitBytes + 1_024);
      } catch (error) {
        if (error instanceof ClusterRefusal && (error.status === 404 || error.status === 400)) return null;
        throw error;
      }
    },
    close: () => agent?.destroy(),
  };
}

function exchange(
  url: URL,
  options: Parameters<typeof request>[1] & object,
  body: string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(url, options, resolve);
    call.once("error", (cause) =>
      reject(new Error(`the API server ${url.origin} cannot be reached: ${cause.message}`, { cause })),
    );
    call.end(body);
  });
}

async function readBounded(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > limitBytes)
      throw new Error(`the API server's answer is over the limit of ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What the API server says in its `Status`; it may also be a proxy's page. */
function messageOf(bytes: Buffer, status: number): string {
  try {
    const { message } = JSON.parse(bytes.toString("utf8"));
    if (typeof message === "string" && message !== "") return message;
  } catch {
    // No JSON.
  }
  return `HTTP status ${status}`;
}
