// What decides whether a box can be made at all. Pure.
import type { NamespaceType } from "#src/spec/spec.ts";
import { type Judgement, no, yes } from "./finding.ts";
import { BOX_NAMESPACES, limitOf, type Observations, SETTINGS, type Trial } from "./observations.ts";

const KERNEL_MIN: readonly [number, number] = [5, 12];

/** A trial whose failure speaks for itself, with a remedy that knows more than its hint. */
export function judgeTrial(trial: Trial, worked: string, remedy?: string): Judgement {
  if (trial.kind === "worked") return yes(worked);
  if (trial.kind === "not tried") return { answer: "unknown", evidence: trial.why };
  return no(trial.message, remedy ?? trial.hint);
}

/** The whole of it, as `nsbox run -- true` does it. */
export function judgeRun({ trials, userNamespaceCause }: Observations): Judgement {
  return judgeTrial(trials.default, "a box was made, ran a command and ended", userNamespaceCause?.remedy);
}

/** mount_setattr(2), which makes every box's root read-only, is since 5.12. */
export function judgeKernel({ release }: Observations): Judgement {
  const [major = 0, minor = 0] = release.split(".").map((part) => Number.parseInt(part, 10));
  const [wantMajor, wantMinor] = KERNEL_MIN;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return yes(`Linux ${release}`);
  return no(`Linux ${release}`, `boot Linux ${wantMajor}.${wantMinor} or newer`);
}

/** The known cause where there is one; else what the kernel said. */
export function judgeUserNamespaces({ trials, userNamespaceCause, files }: Observations): Judgement {
  const max = files[SETTINGS.maxUser];
  const worked = `one was made${max === undefined ? "" : `; user.max_user_namespaces = ${max}`}`;
  const judged = judgeTrial(trials.user, worked, userNamespaceCause?.remedy);
  if (judged.answer !== "no" || userNamespaceCause === undefined) return judged;
  return { ...judged, evidence: `${userNamespaceCause.cause}. ${judged.evidence}` };
}

/** Each of the others was made alone in a user namespace. */
export function judgeNamespaces(seen: Observations): Judgement {
  const failed = BOX_NAMESPACES.filter((type) => seen.trials[type].kind === "failed");
  const untried = BOX_NAMESPACES.filter((type) => seen.trials[type].kind === "not tried");
  const [type] = failed;
  if (type === undefined && untried.length === 0) return yes(`${BOX_NAMESPACES.join(", ")}: each was made`);
  if (type === undefined) return { answer: "unknown", evidence: "there is no user namespace to make them in" };
  return judgeTrial(seen.trials[type], "", namespaceRemedy(seen, type));
}

function namespaceRemedy({ files, trials }: Observations, type: NamespaceType): string | undefined {
  const trial = trials[type];
  if (files[limitOf(type)] === "0") return `as root, sysctl user.max_${type}_namespaces=15000`;
  return trial.kind === "failed" && trial.errno === "EINVAL"
    ? `boot a kernel with CONFIG_${CONFIG_NAMES[type]}_NS, or use --${type} host`
    : undefined;
}

const CONFIG_NAMES: Readonly<Record<NamespaceType, string>> = {
  ...{ user: "USER", mnt: "MNT", pid: "PID", ipc: "IPC" },
  ...{ uts: "UTS", net: "NET", cgroup: "CGROUP", time: "TIME" },
};

/** Ubuntu 23.10 and newer: a user namespace is made, but without capabilities in it. */
export function judgeApparmor({ files, uid, trials }: Observations): Judgement {
  const setting = "kernel.apparmor_restrict_unprivileged_userns";
  const value = files[SETTINGS.apparmorUserns];
  if (value === undefined) return yes(`there is no ${setting}`);
  if (value === "0") return yes(`${setting} = 0`);
  if (uid === 0) return yes(`${setting} = ${value}, which does not restrict root`);
  if (trials.default.kind === "worked") return yes(`${setting} = ${value}, and yet nsbox may`);
  return no(
    `${setting} = ${value}`,
    `as root, sysctl ${setting}=0, or load an AppArmor profile for nsbox with userns,`,
  );
}

/** A fresh /proc can't be mounted where parts of the one around are covered, as in a container. */
export function judgeFreshProc({ trials }: Observations): Judgement {
  const { default: usual, "proc-bind": bound } = trials;
  if (usual.kind === "worked") return yes("one was mounted in a box");
  if (bound.kind !== "worked" || usual.kind !== "failed")
    return { answer: "unknown", evidence: "there is no box to mount it in" };
  return no(
    usual.message,
    "nsbox run --proc bind …, or start the container around with --security-opt systempaths=unconfined",
  );
}

/** The init is a program in memory, see memfd_create(2). */
export function judgeMemfd({ files, trials }: Observations): Judgement {
  const value = files[SETTINGS.memfdNoexec];
  if (value === "2") return no("vm.memfd_noexec = 2", "as root, sysctl vm.memfd_noexec=1, or use --no-init");
  if (trials.default.kind === "worked") return yes("an init was run from one");
  return yes(value === undefined ? "there is no vm.memfd_noexec" : `vm.memfd_noexec = ${value}`);
}

export function judgeClone3({ clone3 }: Observations): Judgement {
  if (clone3) return yes("clone3 is there");
  return {
    answer: "partly",
    evidence: "clone3 is refused, as by an old container's filter; clone is used instead",
    remedy: "nothing has to be done",
  };
}

export function judgeSurroundings({ containerSigns: signs, trials, userNamespaceCause }: Observations): Judgement {
  if (signs.length === 0) return yes("nothing speaks for a container around nsbox");
  const evidence = `as in a container: ${signs.join(", ")}`;
  if (trials.default.kind === "worked") return yes(`${evidence}; it lets boxes be made`);
  if (userNamespaceCause !== undefined && !userNamespaceCause.cause.includes("seccomp"))
    return { answer: "unknown", evidence: `${evidence}; what is known to stand in the way is something else` };
  return {
    answer: "partly",
    evidence,
    remedy:
      "start the container with --security-opt seccomp=unconfined --security-opt systempaths=unconfined, or run nsbox outside it",
  };
}
