import { join, resolve } from "node:path";
import { assembleImage } from "./assemble.ts";

/** `node tools/image/main.ts FOLDER`: what the Dockerfile copies into the image, for the platform that it runs on. */
const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error("node tools/image/main.ts FOLDER");
  process.exitCode = 2;
} else {
  const { platform: os, arch } = process;
  await assembleImage({
    root: join(import.meta.dirname, "../.."),
    target: resolve(target),
    platform: { os, arch },
  });
}
