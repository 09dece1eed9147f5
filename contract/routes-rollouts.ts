import type { About, Route, Scope } from "./route.ts";

const api = "/api/bedplate/v1";
const all = `${api}/models/:name/rollouts`;
const one = `${all}/:id`;
const ofModel: About = ["model:params.name"];

const read = (path: string, summary: string, about: About = ofModel) =>
  ({
    method: "GET",
    path,
    scope: "registry:read",
    about,
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary,
  }) as const;

const change = <const S extends Scope>(path: string, scope: S, summary: string) =>
  ({ method: "POST", path, scope, about: ofModel, dialect: "bedplate", body: "json", summary }) as const;

/** Rollouts: other versions than the champion, tried on real requests. */
export const rolloutRoutes = {
  startRollout: {
    ...change(all, "model:promote", "Starts a canary, an A/B test, a shadow or a blue-green flip"),
    idempotent: false,
    keyed: true,
  },
  listRollouts: read(all, "Rollouts of a model, newest first"),
  activeRollouts: read(`${api}/rollouts`, "Rollouts that are under way, newest first", "caller"),
  getRollout: read(one, "One rollout"),
  rolloutHistory: read(`${one}/history`, "Every change of a rollout, newest first"),
  rolloutStatistics: read(`${one}/statistics`, "What all replicas counted in the present step"),
  pauseRollout: {
    ...change(`${one}/pause`, "model:promote", "Keeps the present share until it is resumed"),
    idempotent: true,
  },
  resumeRollout: {
    ...change(`${one}/resume`, "model:promote", "Goes on; the present step's time begins anew"),
    idempotent: true,
  },
  advanceRollout: {
    ...change(`${one}/advance`, "model:promote", "Goes to the next step of a canary"),
    idempotent: false,
    keyed: true,
  },
  promoteRollout: {
    ...change(`${one}/promote`, "model:promote", "Makes a candidate the champion, as its policy allows"),
    idempotent: true,
  },
  abortRollout: {
    ...change(`${one}/abort`, "model:promote", "Gives every request to the champion from before"),
    idempotent: true,
  },
  reportOutcomes: {
    ...change(`${one}/outcomes`, "inference:call", "Reports what became of answers, by version"),
    idempotent: false,
    keyed: true,
  },
} as const satisfies Record<string, Route>;
