import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { version as sdkVersion } from "@pulumi/pulumi/version.js";
import { SemVer } from "semver";
import type { OnProgress } from "../build/go-build.ts";
import { type PublishedEngine, publishEngine } from "./publish-engine.ts";

const installer = "https://get.pulumi.com/install.sh";
const reachableWithinMs = 5_000;
const downloadWithinMs = 600_000;

/** Throws after some 5 s where Pulumi's downloads are out of reach. */
export async function checkReachable(): Promise<void> {
  try {
    const response = await fetch(installer, {
      method: "HEAD",
      signal: AbortSignal.timeout(reachableWithinMs),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(
      `${installer} is not reachable from here (${cause instanceof Error ? cause.message : cause})`,
    );
  }
}

/** The official engine of the SDK's own version. Throws after some 5 s where the download host is out of reach. */
export async function downloadEngine(versions: string, onProgress: OnProgress): Promise<PublishedEngine> {
  await checkReachable();
  onProgress(`downloading Pulumi ${sdkVersion} (some 100 MB)`);
  return publishEngine(versions, sdkVersion, async (root) => {
    const tooLong = new Promise<never>((_resolve, reject) => {
      const late = () =>
        reject(new Error(`the download took longer than ${downloadWithinMs / 60_000} minutes`));
      setTimeout(late, downloadWithinMs).unref();
    });
    await Promise.race([PulumiCommand.install({ version: new SemVer(sdkVersion), root }), tooLong]);
  });
}
