const mlflow = "/api/2.0/mlflow";
const store = "/api/2.0/mlflow-artifacts/artifacts";
/** Longer than any limit of the service's own. */
const answerTimeoutMs = 300_000;

interface Answer {
  /** 0 where none came. */
  readonly status: number;
  readonly body: unknown;
}

/** Brings model files into a running service as its users do. */
export interface Registrar {
  /** Uploads a file and registers it as a new version; gives its number. */
  readonly register: (model: string, bytes: Uint8Array) => Promise<number>;
  /** Asks that a version be served. */
  readonly promote: (model: string, version: number) => Promise<Answer>;
  readonly infer: (model: string, body: object) => Promise<Answer>;
}

export function createRegistrar({ url, token }: { readonly url: string; readonly token: string }): Registrar {
  const known = new Set<string>();
  let files = 0;

  async function send(method: string, path: string, body: Uint8Array | object): Promise<Answer> {
    const isFile = body instanceof Uint8Array;
    try {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": isFile ? "application/octet-stream" : "application/json",
        },
        body: isFile ? new Uint8Array(body) : JSON.stringify(body),
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      const text = await answer.text();
      return { status: answer.status, body: parse(text) };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  async function must(method: string, path: string, body: Uint8Array | object): Promise<unknown> {
    const answer = await send(method, path, body);
    if (answer.status !== 200)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  return {
    async register(model, bytes) {
      if (!known.has(model)) await must("POST", `${mlflow}/registered-models/create`, { name: model });
      known.add(model);
      const folder = `0/models/${files++}`;
      await must("PUT", `${store}/${folder}/model.onnx`, bytes);
      const made = await must("POST", `${mlflow}/model-versions/create`, {
        name: model,
        source: `mlflow-artifacts:/${folder}`,
      });
      return Number((made as { model_version: { version: string } }).model_version.version);
    },
    promote: (model, version) =>
      send("POST", `/api/bedplate/v1/models/${encodeURIComponent(model)}/promote`, { version }),
    infer: (model, body) => send("POST", `/v2/models/${encodeURIComponent(model)}/infer`, body),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
