import type { FastifyInstance } from "fastify";
import type { Ports } from "../ports.ts";

export function serveTraining(_app: FastifyInstance, _ports: Ports): void {}
