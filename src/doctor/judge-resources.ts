// What boxes can have beyond being made: files, confinement, limits, networks. Pure.
import { type Judgement, no, yes } from "./finding.ts";
import { judgeTrial } from "./judge-box.ts";
import { type Observations, SETTINGS } from "./observations.ts";

export function judgeTime({ trials }: Observations): Judgement {
  const { time } = trials;
  const remedy = time.kind === "failed" && time.errno === "EINVAL" ? "boot Linux 5.6 or newer with CONFIG_TIME_NS" : "";
  return judgeTrial(time, "one was made", remedy === "" ? undefined : remedy);
}

/** KERNEL: since 5.11 an overlay can be mounted in a user namespace. */
export function judgeOverlay({ trials }: Observations): Judgement {
  return judgeTrial(trials.overlay, "a box was made over one");
}

export function judgeIdmappedMounts({ trials }: Observations): Judgement {
  const remedy = "boot Linux 5.12 or newer, and keep the root on ext4, xfs, btrfs or tmpfs";
  return judgeTrial(trials["idmapped-mount"], "a copy of / was mapped", remedy);
}

/** With hidepid=1 or 2 the processes of others are not seen, see proc(5). */
export function judgeHidepid({ files, uid }: Observations): Judgement {
  const lines = (files[SETTINGS.mountinfo] ?? "").split("\n");
  const line = lines.filter((row) => row.split(" ")[4] === "/proc").at(-1);
  const option = /\bhidepid=(\w+)/.exec(line ?? "")?.[1];
  if (option === undefined || option === "0" || option === "off") return yes("/proc is mounted without hidepid");
  if (uid === 0) return yes(`/proc is mounted with hidepid=${option}, which hides nothing from root`);
  return {
    answer: "partly",
    evidence: `/proc is mounted with hidepid=${option}: you see your own processes only`,
    remedy: "as root, mount -o remount,hidepid=0 /proc",
  };
}

/** Files can be linked and renamed across folders since ABI 2. */
const LANDLOCK_MIN = 2;

export function judgeLandlock({ landlockAbi, files }: Observations): Judgement {
  if (landlockAbi >= LANDLOCK_MIN) return yes(`ABI ${landlockAbi}`);
  if (landlockAbi > 0) return no(`ABI ${landlockAbi}; nsbox uses ${LANDLOCK_MIN} and up`, "boot Linux 5.19 or newer");
  const active = files[SETTINGS.lsm];
  if (/^Seccomp:\t2$/m.test(files[SETTINGS.status] ?? "") && active?.split(",").includes("landlock") !== false)
    return no(
      "landlock_create_ruleset is refused, and a seccomp filter is in force",
      "start the container with --security-opt seccomp=unconfined, or run nsbox outside it",
    );
  const lsm = active === undefined ? "landlock,…" : `landlock,${active}`;
  return no(
    `landlock_create_ruleset is refused${active === undefined ? "" : `; active modules: ${active}`}`,
    `boot with lsm=${lsm} on the kernel's command line, on a kernel with CONFIG_SECURITY_LANDLOCK`,
  );
}

const SECCOMP_ACTIONS: readonly string[] = ["errno", "kill_process", "user_notif"];

export function judgeSeccomp({ files }: Observations): Judgement {
  const text = files[SETTINGS.seccompActions];
  if (text !== undefined) {
    const missing = SECCOMP_ACTIONS.filter((name) => !text.split(" ").includes(name));
    if (missing.length === 0) return yes(`actions ${text}`);
    return {
      answer: "partly",
      evidence: `actions ${text}, without ${missing.join(", ")}`,
      remedy: "boot Linux 5.0 or newer",
    };
  }
  if (!/^Seccomp:/m.test(files[SETTINGS.status] ?? ""))
    return no("/proc/self/status has no line Seccomp", "boot a kernel with CONFIG_SECCOMP_FILTER");
  return { answer: "unknown", evidence: `${SETTINGS.seccompActions} is hidden here` };
}

export function judgeKeyrings({ keyctl }: Observations): Judgement {
  if (keyctl) return yes("keyctl is there");
  return {
    answer: "partly",
    evidence: "keyctl is refused here, and so in a box",
    remedy: "nothing has to be done: what refuses it keeps boxes away from your keys, too",
  };
}

const UNIFIED = "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line";
const CONTROLLERS: readonly string[] = ["cpu", "memory", "pids"];

export function judgeCgroup2({ cgroup }: Observations): Judgement {
  if (cgroup.mount === undefined) return no("cgroup2 is mounted nowhere", UNIFIED);
  const missing = CONTROLLERS.filter((name) => !cgroup.controllers.includes(name));
  const evidence = `${cgroup.mount}${cgroup.path}: controllers ${cgroup.controllers.join(" ") || "none"}`;
  if (missing.length === 0) return yes(evidence);
  return {
    answer: "partly",
    evidence: `${evidence}; without ${missing.join(", ")}`,
    remedy: `${UNIFIED}; or, as a user, systemctl edit user@.service with Delegate=yes`,
  };
}

export function judgeDelegation({ cgroup, uid }: Observations): Judgement {
  if (cgroup.mount === undefined) return { answer: "unknown", evidence: "there is no cgroup v2" };
  const group = `${cgroup.mount}${cgroup.path}`;
  if (cgroup.delegated) return yes(`you may make groups in ${group}`);
  if (uid === 0) return no(`${group} is read-only`, `mount -o remount,rw ${cgroup.mount}`);
  return no(`you may not make groups in ${group}`, "systemd-run --user --scope -p Delegate=yes nsbox run …");
}

/** One of these is enough. */
export function judgeAnyTool(names: readonly string[], remedy: string): (seen: Observations) => Judgement {
  return ({ tools }) => {
    const paths = tools.flatMap(({ name, path }) => (names.includes(name) && path !== undefined ? [path] : []));
    return paths.length > 0 ? yes(paths.join(", ")) : no(`${names.join(", ")}: not in PATH`, remedy);
  };
}
