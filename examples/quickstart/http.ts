/** A failure that a person can act on; its message is one sentence and is shown without a stack. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** The service's stable error code, where it answered with one. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** Calls one service with its token; JSON unless said otherwise. */
export interface Service {
  readonly url: string;
  /** Sends JSON, gives the answer's JSON. */
  readonly json: <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;
  /** Gives the answer as text. */
  readonly text: (path: string) => Promise<string>;
  /** Sends bytes. */
  readonly put: (path: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
}

const answerTimeoutMs = 30_000;

/** The service at an address; every call is signed with the token and given 30 seconds. */
export function createService(url: string, token: string): Service {
  async function send(method: string, path: string, body: RequestInit["body"] = null, type?: string) {
    const headers = { authorization: `Bearer ${token}`, ...(type && { "content-type": type }) };
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const response = await fetch(url + path, { method, headers, body, signal }).catch((error: unknown) => {
      throw new Failure(
        `The platform at ${url} does not answer (${causeOf(error)}): \`npm start\` brings it up, ` +
          "`npx bedplate status` says how it is.",
      );
    });
    if (!response.ok) throw await failureOf(response, `${method} ${path}`);
    return response;
  }

  return {
    url,
    async json<Answer>(method: string, path: string, body?: unknown) {
      const response =
        body === undefined
          ? await send(method, path)
          : await send(method, path, JSON.stringify(body), "application/json");
      return (await response.json()) as Answer;
    },
    text: async (path) => await (await send("GET", path)).text(),
    async put(path, bytes) {
      await (await send("PUT", path, bytes, "application/octet-stream")).arrayBuffer();
    },
  };
}

function causeOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === "TimeoutError") return `nothing within ${answerTimeoutMs / 1000} s`;
  return cause?.code ?? message;
}

/** The service words errors in three ways: its own (`detail`), MLflow's (`message`) and the V2 protocol's (`error`). */
async function failureOf(response: Response, what: string): Promise<Failure> {
  const text = await response.text();
  if (response.status === 401) {
    return new Failure(
      "The platform does not take this token: `npx bedplate env` prints the one that it takes.",
    );
  }
  let body: { detail?: string; message?: string; error?: string; code?: string; error_code?: string } = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { detail: text.slice(0, 200) };
  }
  const reason = body.detail ?? body.message ?? body.error ?? response.statusText;
  return new Failure(`${what} was answered ${response.status}: ${reason}`, body.code ?? body.error_code);
}
