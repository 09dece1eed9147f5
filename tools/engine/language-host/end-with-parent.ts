const lookEveryMs = 1_000;
const parent = process.ppid;

// An engine that is killed cannot tell its plugins to end; a process whose parent dies gets another one.
setInterval(() => {
  if (process.ppid === parent) return;
  process.kill(process.pid, "SIGTERM");
}, lookEveryMs).unref();
