import type { PodCase, PodCases } from "./pod-case.ts";

const context = (what: string, securityContext: object): PodCase => ({
  what,
  container: { securityContext },
});
const podContext = (what: string, securityContext: object): PodCase => ({ what, spec: { securityContext } });
const adds = (...add: unknown[]) => context(`adds ${JSON.stringify(add)}`, { capabilities: { add } });
const volume = (what: string, source: object): PodCase => ({
  what,
  spec: { volumes: [{ name: "v", ...source }] },
});
const port = (hostPort: unknown): PodCase => ({
  what: `has the host port ${JSON.stringify(hostPort)}`,
  container: { ports: [{ containerPort: 80, hostPort }] },
});
const sysctl = (...names: unknown[]) =>
  podContext(`sets ${names.join(" and ")}`, { sysctls: names.map((name) => ({ name, value: "1" })) });
const selinux = (seLinuxOptions: object) => [
  podContext(`has the pod's SELinux ${JSON.stringify(seLinuxOptions)}`, { seLinuxOptions }),
  context(`has SELinux ${JSON.stringify(seLinuxOptions)}`, { seLinuxOptions }),
];
const profile = (field: string, ...types: unknown[]) =>
  types.flatMap((type) => {
    const given = { [field]: type === "Localhost" ? { type, localhostProfile: "mine" } : { type } };
    return [
      podContext(`has the pod's ${field} ${JSON.stringify(type)}`, given),
      context(`has ${field} ${JSON.stringify(type)}`, given),
    ];
  });
const apparmor = (value: unknown): PodCase => ({
  what: `has the AppArmor annotation ${JSON.stringify(value)}`,
  annotations: { "container.apparmor.security.beta.kubernetes.io/main": value },
});
const probe = (name: string, handler: object): PodCase => ({
  what: `has ${name} ${JSON.stringify(handler)}`,
  container: name.startsWith("lifecycle.")
    ? { lifecycle: { [name.slice("lifecycle.".length)]: handler } }
    : // A good container asks for its readiness by HTTP, and a probe has one way of asking.
      { [name]: { httpGet: undefined, ...handler } },
});
const handlers = [
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle.postStart",
  "lifecycle.preStop",
];
const flags = ["hostNetwork", "hostPID", "hostIPC"];

/** Mutations for each rule of the baseline level, by the rule's id. */
export const baselineCases: Readonly<Record<string, PodCases>> = {
  "pss-baseline-privileged": {
    bad: [
      context("is privileged", { privileged: true }),
      context("is privileged in words", { privileged: "true" }),
      context("is privileged and may escalate", { privileged: true, allowPrivilegeEscalation: true }),
    ],
    good: [
      context("is not privileged", { privileged: false }),
      context("says nothing", { privileged: null }),
    ],
  },
  "pss-baseline-host-namespaces": {
    bad: flags.flatMap((flag) =>
      [true, "true"].map((on) => ({ what: `has ${flag} ${on}`, spec: { [flag]: on } })),
    ),
    good: flags.flatMap((flag) =>
      [false, null].map((off) => ({ what: `has ${flag} ${off}`, spec: { [flag]: off } })),
    ),
  },
  "pss-baseline-host-path-volumes": {
    bad: [
      volume("mounts the node's root", { hostPath: { path: "/" } }),
      volume("mounts the node's logs", { hostPath: { path: "/var/log", type: "Directory" } }),
      volume("mounts nothing yet", { hostPath: {} }),
    ],
    good: [volume("has an emptyDir", { emptyDir: {} }), volume("has null", { hostPath: null, emptyDir: {} })],
  },
  "pss-baseline-host-ports": {
    bad: [port(80), port(65_535), port("80")],
    good: [
      port(0),
      port("0"),
      port(null),
      { what: "has a port", container: { ports: [{ containerPort: 80 }] } },
    ],
  },
  "pss-baseline-capabilities": {
    bad: [
      adds("SYS_ADMIN"),
      adds("NET_RAW"),
      adds("ALL"),
      adds("chown"),
      adds("CAP_CHOWN"),
      adds(1),
      adds(null),
    ],
    good: [
      adds(),
      context("has null capabilities", { capabilities: { drop: ["ALL"], add: null } }),
      adds("NET_BIND_SERVICE"),
      adds("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL"),
      adds("MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    ],
  },
  "pss-baseline-seccomp-profile": {
    bad: profile("seccompProfile", "Unconfined", "", null, "runtimedefault"),
    good: profile("seccompProfile", "RuntimeDefault", "Localhost"),
  },
  "pss-baseline-apparmor-profile": {
    bad: [
      ...profile("appArmorProfile", "Unconfined", "", null),
      apparmor("unconfined"),
      apparmor("Runtime/Default"),
      apparmor(1),
    ],
    good: [
      ...profile("appArmorProfile", "RuntimeDefault", "Localhost"),
      apparmor(""),
      apparmor("runtime/default"),
      apparmor("localhost/mine"),
      { what: "has another annotation", annotations: { "example.org/apparmor": "unconfined" } },
    ],
  },
  "pss-baseline-selinux-options": {
    bad: [{ type: "spc_t" }, { type: 1 }, { user: "u" }, { role: "r" }].flatMap(selinux),
    good: [
      { type: "" },
      { type: "container_t" },
      { type: "container_init_t" },
      { type: "container_kvm_t" },
      { type: "container_engine_t" },
      { type: null },
      { user: "", role: "" },
      { user: null, role: null },
      { level: "s0:c1,c2" },
    ].flatMap(selinux),
  },
  "pss-baseline-sysctls": {
    bad: [
      sysctl("kernel.msgmax"),
      sysctl("net.core.somaxconn"),
      sysctl(""),
      sysctl(null),
      sysctl("net.ipv4.tcp_syncookies", "kernel.sem"),
      sysctl("NET.IPV4.TCP_SYNCOOKIES"),
    ],
    good: [
      sysctl(),
      sysctl("kernel.shm_rmid_forced"),
      sysctl("net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"),
      sysctl("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range"),
      sysctl("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
      sysctl("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem"),
      sysctl("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem"),
    ],
  },
  "pss-baseline-proc-mount": {
    bad: [
      context("unmasks /proc", { procMount: "Unmasked" }),
      context("misspells it", { procMount: "default" }),
    ],
    good: [context("masks /proc", { procMount: "Default" }), context("says nothing", { procMount: null })],
  },
  "pss-baseline-windows-host-process": {
    bad: [
      {
        what: "is a host process as Windows wants it",
        spec: { hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true } } },
      },
      ...[true, "true"].flatMap((hostProcess) => [
        podContext(`has the pod's hostProcess ${hostProcess}`, { windowsOptions: { hostProcess } }),
        context(`has hostProcess ${hostProcess}`, { windowsOptions: { hostProcess } }),
      ]),
    ],
    good: [
      context("is no host process", { windowsOptions: { hostProcess: false } }),
      podContext("names a Windows user", { windowsOptions: { runAsUserName: "ContainerUser" } }),
    ],
  },
  "pss-baseline-host-probes": {
    bad: handlers.flatMap((name) => [
      probe(name, { httpGet: { port: 80, host: "169.254.169.254" } }),
      probe(name, { tcpSocket: { port: 80, host: "127.0.0.1" } }),
    ]),
    good: handlers.flatMap((name) => [
      probe(name, { httpGet: { port: 80, host: "" } }),
      probe(name, { tcpSocket: { port: 80, host: null } }),
      probe(name, { exec: { command: ["true"] } }),
    ]),
  },
};
