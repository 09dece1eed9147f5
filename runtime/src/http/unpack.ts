import { type Transform, Transform as TransformStream } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import type { FastifyRequest, RequestPayload } from "fastify";
import { Problem } from "../domain/problem.ts";

const unpackers: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: createGunzip,
  deflate: createInflate,
};

/** Unpacks a body that came packed, and counts what comes out, so that a small body cannot become a large one. */
export function unpack(request: FastifyRequest, payload: RequestPayload, limitBytes: number): RequestPayload {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "identity") return payload;
  const open = unpackers[encoding];
  if (open === undefined) {
    throw new Problem(
      "UNSUPPORTED_MEDIA_TYPE",
      `The content encoding "${encoding.slice(0, 50)}" is not taken; send gzip, deflate or nothing.`,
    );
  }
  const packed = payload as NodeJS.ReadableStream;
  const unpacker = open();
  const counted: Transform & { receivedEncodedLength?: number } = countUpTo(limitBytes);
  counted.receivedEncodedLength = 0;
  packed.on("data", (chunk: Buffer) => {
    counted.receivedEncodedLength = (counted.receivedEncodedLength ?? 0) + chunk.length;
  });
  packed.on("error", () => unpacker.destroy());
  unpacker.on("error", () =>
    counted.destroy(new Problem("MALFORMED_BODY", `The body says that it is ${encoding} and is not.`)),
  );
  counted.on("close", () => unpacker.destroy());
  packed.pipe(unpacker).pipe(counted);
  return counted as RequestPayload;
}

function countUpTo(limitBytes: number): Transform {
  let length = 0;
  return new TransformStream({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length <= limitBytes) return done(null, chunk);
      done(new Problem("BODY_TOO_LARGE", `The unpacked body is larger than ${limitBytes} bytes.`));
    },
  });
}
