import { randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import rateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { guardAccess } from "./http/access.ts";
import { recordAccess } from "./http/access-log.ts";
import { serveArtifactUpkeep } from "./http/artifacts.ts";
import { serveAudit } from "./http/audit.ts";
import { wordBrokenRequest } from "./http/broken-request.ts";
import { wordBadAddress, wordErrors } from "./http/errors.ts";
import { serveEvents } from "./http/events.ts";
import { serveGovernance } from "./http/governance.ts";
import { keepAnswers } from "./http/idempotency.ts";
import { serveInference } from "./http/inference/index.ts";
import { parseShallowJson } from "./http/json-body.ts";
import { serveLineage } from "./http/lineage.ts";
import { serveMlflow } from "./http/mlflow/index.ts";
import { serveModelCards } from "./http/model-cards.ts";
import { serveModels } from "./http/models.ts";
import { documentApi } from "./http/openapi.ts";
import { servePages } from "./http/pages/index.ts";
import { servePlatform } from "./http/platform.ts";
import { servePredictions } from "./http/predictions.ts";
import { serveProbes } from "./http/probes.ts";
import { serveRollouts } from "./http/rollouts.ts";
import { schemaCompilers } from "./http/schema-compilers.ts";
import { secureAnswers } from "./http/security-headers.ts";
import { serverFactory } from "./http/server.ts";
import { serveSignatures } from "./http/signatures.ts";
import { refuseUnstorable } from "./http/storable.ts";
import { serveTeams } from "./http/teams.ts";
import { serveTokens } from "./http/tokens.ts";
import { serveTraining } from "./http/training.ts";
import { serveVersionFiles } from "./http/version-files.ts";
import type { Ports } from "./ports.ts";

/** Longest model name, doubled for percent-encoding. */
const paramLimit = 1024;

/** The whole service without I/O of its own: every test builds this one and injects requests. */
export async function buildApp(ports: Ports, log?: FastifyBaseLogger): Promise<FastifyInstance> {
  const { http } = ports.settings;
  const app = Fastify({
    ...(log === undefined ? {} : { loggerInstance: log }),
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged of a request names it; a logger of its own for each would cost more than routing it.
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    bodyLimit: http.bodyLimitBytes,
    serverFactory: serverFactory(ports, log),
    forceCloseConnections: "idle",
    // What still arrives on a connection that was open before is answered too: who sent it could not know.
    return503OnClosing: false,
    frameworkErrors: wordBadAddress,
    clientErrorHandler: wordBrokenRequest,
    routerOptions: { maxParamLength: paramLimit },
    schemaController: { compilersFactory: schemaCompilers },
  });
  wordErrors(app);
  parseShallowJson(app);
  await app.register(cookie);
  await app.register(formbody, { bodyLimit: 64 * 1024 });
  secureAnswers(app);
  await app.register(rateLimit, { global: false });
  guardAccess(app, ports);
  keepAnswers(app, ports);
  refuseUnstorable(app);
  recordAccess(app, ports.metrics);
  await documentApi(app, ports);
  serveProbes(app, ports);
  servePlatform(app, ports);
  serveTeams(app, ports);
  serveTokens(app, ports);
  serveModels(app, ports);
  serveGovernance(app, ports);
  serveRollouts(app, ports);
  serveAudit(app, ports);
  serveModelCards(app, ports);
  serveSignatures(app, ports);
  serveVersionFiles(app, ports);
  await serveLineage(app, ports);
  serveTraining(app, ports);
  serveInference(app, ports);
  servePredictions(app, ports);
  serveArtifactUpkeep(app, ports);
  serveEvents(app, ports);
  await app.register(async (scope) => serveMlflow(scope, ports));
  await app.register(async (scope) => servePages(scope, ports));
  return app;
}
