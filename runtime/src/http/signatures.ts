import { signatureReport, signingKeyInfo } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { bundleMediaType } from "../domain/model-signature.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";
import { versionParams } from "./version-params.ts";

/** `content=true` hashes all bytes again, which takes as long as reading them. */
const reportQuery = z.strictObject({ content: z.enum(["true", "false"]).default("false") });
const bundleQuery = z.strictObject({
  key: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a key id: SHA-256 in lower-case hex")
    .optional(),
});
/** Checked by the verifier, which says everything that is wrong with it. */
const bundle = z.looseObject({});
const bundleLimitBytes = 8 * 1024 * 1024;

/** Signatures of model versions, and the platform's public key. */
export function serveSignatures(app: FastifyInstance, { signatures }: Ports): void {
  const response = { 200: signatureReport };
  serve(
    app,
    "signature",
    { params: versionParams, querystring: reportQuery, response },
    ({ params: { name, version }, query }) =>
      signatures.report(name, version, query.content === "true" ? "content" : "digests"),
  );
  serve(
    app,
    "signatureBundle",
    { params: versionParams, querystring: bundleQuery },
    async ({ params: { name, version }, query }, reply) => {
      const text = await signatures.bundle(name, version, query.key);
      return reply
        .type(bundleMediaType)
        .header("content-disposition", 'attachment; filename="model.sig"')
        .serializer((body: unknown) => String(body))
        .send(text);
    },
  );
  serve(
    app,
    "uploadSignature",
    { params: versionParams, body: bundle, response },
    ({ params: { name, version }, body, identity }) =>
      signatures.upload(name, version, JSON.stringify(body), identity.name),
    { bodyLimitBytes: bundleLimitBytes },
  );
  serve(app, "signVersion", { params: versionParams, response }, ({ params: { name, version }, identity }) =>
    signatures.sign(name, version, identity.name),
  );
  serve(app, "signingKey", { response: { 200: signingKeyInfo } }, () => signatures.publicKey());
}
