import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const module = JSON.stringify(join(import.meta.dirname, "log.ts"));
/** A process that logs one line and then does what it is told. */
function logging(then: string) {
  const program = `
    import pino from "pino";
    import { logDestination, logOptions } from ${module};
    pino(logOptions({ release: "1", stack: "s" }), logDestination()).info("a line");
    ${then}`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

async function outputOf(then: string): Promise<string> {
  const child = logging(then);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await once(child, "close");
  return output;
}

test.each([
  ["has nothing more to do", ""],
  ["ends itself", "process.exit(1)"],
  ["fails", "throw new Error('a fault')"],
])("what waits to be written is written when the process %s", async (_, then) => {
  expect(JSON.parse(await outputOf(then))).toMatchObject({ message: "a line", "log.level": "info" });
});

test("a line does not wait for others for long", async () => {
  const child = logging("process.stdin.resume()");
  for await (const line of createInterface({ input: child.stdout })) {
    expect(JSON.parse(line).message).toBe("a line");
    break;
  }
  child.stdin.end();
  await once(child, "close");
});
