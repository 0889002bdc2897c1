// A machine on which everything holds, as the doctor sees it. Nothing of the real one.
import type { Observations, Trial } from "#src/doctor/observations.ts";

export const WORKED: Trial = { kind: "worked" };

/** A trial that the kernel refused. */
export function refused(errno: string, hint?: string): Trial {
  return { kind: "failed", message: `Cannot try it: ${errno}`, hint, errno };
}

export const SOUND: Observations = {
  release: "6.1.0-13-amd64",
  uid: 1000,
  files: {
    "/proc/sys/user/max_user_namespaces": "15000",
    "/proc/sys/kernel/seccomp/actions_avail": "kill_process kill_thread trap errno user_notif trace log allow",
    "/proc/self/status": "Seccomp:\t0\nNoNewPrivs:\t0",
    "/proc/self/mountinfo": "22 1 0:20 / /proc rw,nosuid - proc proc rw\n",
  },
  trials: {
    ...{ default: WORKED, user: WORKED, mnt: WORKED, pid: WORKED, ipc: WORKED, uts: WORKED, net: WORKED },
    ...{ cgroup: WORKED, time: WORKED, "proc-bind": WORKED, overlay: WORKED, subids: WORKED },
    "idmapped-mount": WORKED,
    "no-namespaces": WORKED,
  },
  userNamespaceCause: undefined,
  landlockAbi: 7,
  clone3: true,
  keyctl: true,
  tools: ["newuidmap", "newgidmap", "nft", "iptables", "pasta", "slirp4netns"].map((name) => ({
    name,
    path: `/usr/bin/${name}`,
    privileged: name.startsWith("new"),
  })),
  subuids: 65536,
  subgids: 65536,
  containerSigns: [],
  cgroup: { mount: "/sys/fs/cgroup", path: "/user", controllers: ["cpu", "memory", "pids"], delegated: true },
};
