type Environment = Readonly<Record<string, string | undefined>>;

/** The header that signs in, from the variables of MLflow's own clients; none of them set is an open server. */
export function credentialsOf(environment: Environment): { authorization?: string } | { problem: string } {
  const { MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD } = environment;
  if (MLFLOW_TRACKING_USERNAME && MLFLOW_TRACKING_PASSWORD) {
    const pair = Buffer.from(`${MLFLOW_TRACKING_USERNAME}:${MLFLOW_TRACKING_PASSWORD}`);
    return { authorization: `Basic ${pair.toString("base64")}` };
  }
  if (MLFLOW_TRACKING_USERNAME || MLFLOW_TRACKING_PASSWORD) {
    const missing = MLFLOW_TRACKING_USERNAME ? "MLFLOW_TRACKING_PASSWORD" : "MLFLOW_TRACKING_USERNAME";
    return { problem: `${missing} is not set: MLflow's user name and password belong together.` };
  }
  return MLFLOW_TRACKING_TOKEN ? { authorization: `Bearer ${MLFLOW_TRACKING_TOKEN}` } : {};
}

/** The address of an MLflow server. Credentials in it would show in the list of processes, so they are refused. */
export function readAddress(uri: string): { address: string } | { problem: string } {
  const url = URL.parse(uri);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const shown = url === null || url.username === "" ? uri.slice(0, 200) : `${url.protocol}//…`;
    return {
      problem: `"${shown}" is not the address of an MLflow server: http://host:port or https://host.`,
    };
  }
  if (url.username !== "" || url.password !== "") {
    return {
      problem:
        "The address holds a user name or a password, which other users of this machine can read: " +
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, instead.",
    };
  }
  return { address: `${url.origin}${url.pathname}`.replace(/\/+$/, "") };
}
