import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a living process started: field 22 of /proc/<pid>/stat (proc(5)) on Linux, the text of `ps -o lstart=` elsewhere.
 * Together with the pid it tells a process from a later one that was given the same number.
 * @param {number} pid
 * @returns {string | undefined} Nothing for a process that ended; a zombie has ended too, it only was not reaped.
 */
export function birthOf(pid) {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
    }
    const ps = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" });
    const [state = "Z", ...started] = ps.trim().split(/\s+/);
    return state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}
