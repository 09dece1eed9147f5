import { elapsed, withProgress } from "@bedplate/tools/setup/progress.mjs";
import yoctoSpinner from "yocto-spinner";

/**
 * Shows that work goes on: a spinner on a terminal, elsewhere plain lines for what takes over 2 s.
 * `tell` changes the text.
 */
export async function showProgress<T>(
  text: string,
  work: (tell: (text: string) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return withProgress(text, work);
  const started = Date.now();
  let current = text;
  const spinner = yoctoSpinner({ text, stream: process.stderr, handleSignals: false }).start();
  const timer = setInterval(() => {
    spinner.text = `${current} (${elapsed(Date.now() - started)})`;
  }, 1_000);
  try {
    return await work((next) => {
      current = next;
    });
  } finally {
    clearInterval(timer);
    spinner.stop();
  }
}
