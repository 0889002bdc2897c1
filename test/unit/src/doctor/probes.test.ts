import { describe, expect, test } from "bun:test";
import type { Answer } from "#src/doctor/finding.ts";
import { BOX_NAMESPACES, type Observations, type TrialName } from "#src/doctor/observations.ts";
import { judgeMachine, PROBES } from "#src/doctor/probes.ts";
import { refused, SOUND } from "#test/support/sample-observations.ts";

function find(name: string, seen: Partial<Observations>) {
  const found = judgeMachine({ ...SOUND, ...seen }).findings.find((row) => row.name === name);
  if (found === undefined) throw new Error(`there is no finding "${name}"`);
  return found;
}

const trials = (changed: Partial<Observations["trials"]>): Partial<Observations> => ({
  trials: { ...SOUND.trials, ...changed },
});
const files = (changed: Record<string, string>): Partial<Observations> => ({ files: { ...SOUND.files, ...changed } });
const cgroup = (changed: Partial<Observations["cgroup"]>): Partial<Observations> => ({
  cgroup: { ...SOUND.cgroup, ...changed },
});
const without = (...names: readonly string[]): Partial<Observations> => ({
  tools: SOUND.tools.map((tool) => (names.includes(tool.name) ? { ...tool, path: undefined } : tool)),
});
const NOT_TRIED = { kind: "not tried", why: "there is no user namespace to try it in" } as const;
const NO_BOX = Object.fromEntries(Object.keys(SOUND.trials).map((name) => [name, NOT_TRIED])) as typeof SOUND.trials; // the same keys

/** Each finding that does not hold: what makes it so, the answer, and what its evidence and remedy say. */
const WRONG: readonly (readonly [
  name: string,
  seen: Partial<Observations>,
  answer: Answer,
  evidence: RegExp,
  remedy: RegExp | undefined,
])[] = [
  ["run", trials({ default: refused("EPERM", "do this") }), "no", /EPERM/, /^do this$/],
  ["no-namespaces", trials({ "no-namespaces": refused("ENOSYS", "a hint") }), "no", /ENOSYS/, /^a hint$/],
  ["kernel", { release: "5.10.0-1-amd64" }, "no", /5\.10/, /5\.12/],
  ["kernel", { release: "4.20" }, "no", /4\.20/, /5\.12/],
  [
    "user-namespaces",
    { ...trials({ user: refused("ENOSPC") }), userNamespaceCause: { cause: "X is 0", remedy: "sysctl X=1" } },
    "no",
    /^X is 0\. .*ENOSPC/,
    /^sysctl X=1$/,
  ],
  ["user-namespaces", trials({ user: refused("EPERM", "a hint") }), "no", /EPERM/, /^a hint$/],
  [
    "apparmor",
    {
      ...trials({ default: refused("EACCES") }),
      ...files({ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1" }),
    },
    "no",
    /= 1$/,
    /sysctl kernel\.apparmor_restrict_unprivileged_userns=0/,
  ],
  [
    "namespaces",
    { ...trials({ net: refused("ENOSPC") }), ...files({ "/proc/sys/user/max_net_namespaces": "0" }) },
    "no",
    /ENOSPC/,
    /^as root, sysctl user\.max_net_namespaces=15000$/,
  ],
  ["namespaces", trials({ cgroup: refused("EINVAL") }), "no", /EINVAL/, /CONFIG_CGROUP_NS.*--cgroup host/],
  ["namespaces", { trials: NO_BOX }, "unknown", /no user namespace/, undefined],
  ["fresh-proc", trials({ default: refused("EPERM") }), "no", /EPERM/, /--proc bind/],
  ["fresh-proc", trials({ default: refused("EPERM"), "proc-bind": refused("EPERM") }), "unknown", /no box/, undefined],
  ["memfd-exec", files({ "/proc/sys/vm/memfd_noexec": "2" }), "no", /= 2/, /sysctl vm\.memfd_noexec=1/],
  ["clone3", { clone3: false }, "partly", /refused/, /nothing/],
  [
    "surroundings",
    { ...trials({ default: refused("EPERM") }), containerSigns: ["/.dockerenv is there"] },
    "partly",
    /\.dockerenv/,
    /--security-opt/,
  ],
  [
    "surroundings",
    {
      ...trials({ default: refused("EPERM") }),
      containerSigns: ["/.dockerenv is there"],
      userNamespaceCause: { cause: "X is 0", remedy: "sysctl X=1" },
    },
    "unknown",
    /something else/,
    undefined,
  ],
  ["subordinate-ids", { subuids: 0 }, "no", /gives uid 1000 0 ids/, /usermod --add-subuids/],
  ["subordinate-ids", { uid: 0, subgids: 0 }, "partly", /--uid-map/, /usermod/],
  ["newuidmap", without("newgidmap"), "no", /^newgidmap: not in PATH$/, /apt install uidmap/],
  [
    "newuidmap",
    { tools: SOUND.tools.map((tool) => ({ ...tool, privileged: false })) },
    "no",
    /neither set-user-ID/,
    /chmod u\+s \/usr\/bin\/newuidmap \/usr\/bin\/newgidmap/,
  ],
  ["newuidmap", files({ "/proc/self/status": "NoNewPrivs:\t1" }), "no", /no_new_privs/, /without no_new_privs/],
  ["id-ranges", trials({ subids: refused("EPERM", "a hint") }), "no", /EPERM/, /^a hint$/],
  ["id-ranges", { subuids: 0 }, "unknown", /no range/, undefined],
  ["overlay", trials({ overlay: refused("EINVAL", "needs 6.6") }), "no", /EINVAL/, /6\.6/],
  ["idmapped-mounts", trials({ "idmapped-mount": refused("EINVAL") }), "no", /EINVAL/, /ext4/],
  ["idmapped-mounts", trials({ "idmapped-mount": NOT_TRIED }), "unknown", /to try it in/, undefined],
  [
    "hidepid",
    files({ "/proc/self/mountinfo": "22 1 0:20 / /proc rw - proc proc rw,hidepid=invisible\n" }),
    "partly",
    /hidepid=invisible/,
    /mount -o remount,hidepid=0 \/proc/,
  ],
  [
    "landlock",
    { landlockAbi: 0, ...files({ "/sys/kernel/security/lsm": "capability,yama" }) },
    "no",
    /active modules: capability,yama/,
    /lsm=landlock,capability,yama /,
  ],
  ["landlock", { landlockAbi: 1 }, "no", /ABI 1/, /5\.19/],
  [
    "seccomp",
    files({ "/proc/sys/kernel/seccomp/actions_avail": "kill_process errno allow" }),
    "partly",
    /without user_notif/,
    /5\.0/,
  ],
  ["seccomp", { files: { "/proc/self/status": "Name:\tx" } }, "no", /no line Seccomp/, /CONFIG_SECCOMP_FILTER/],
  ["seccomp", { files: { "/proc/self/status": "Seccomp:\t0" } }, "unknown", /hidden/, undefined],
  ["keyrings", { keyctl: false }, "partly", /refused/, /nothing/],
  ["time-namespace", trials({ time: refused("EINVAL") }), "no", /EINVAL/, /CONFIG_TIME_NS/],
  ["time-namespace", trials({ time: refused("ENOSPC", "raise it") }), "no", /ENOSPC/, /^raise it$/],
  ["cgroup2", cgroup({ mount: undefined }), "no", /nowhere/, /unified_cgroup_hierarchy=1/],
  ["cgroup2", cgroup({ controllers: ["cpu", "pids"] }), "partly", /without memory$/, /Delegate=yes/],
  ["cgroup-delegation", cgroup({ mount: undefined }), "unknown", /no cgroup v2/, undefined],
  ["cgroup-delegation", cgroup({ delegated: false }), "no", /may not/, /systemd-run --user --scope -p Delegate=yes/],
  ["cgroup-delegation", { uid: 0, ...cgroup({ delegated: false }) }, "no", /read-only/, /remount,rw \/sys\/fs\/cgroup/],
  ["firewall", without("nft", "iptables"), "no", /nft, iptables/, /apt install nftables/],
  ["user-network", without("pasta", "slirp4netns"), "no", /pasta/, /apt install passt/],
];

describe("judgeMachine()", () => {
  test("finds nothing wrong where nothing is", () => {
    const { works, first, findings } = judgeMachine(SOUND);
    expect({ works, first }).toEqual({ works: true, first: undefined });
    expect(findings.filter(({ answer }) => answer !== "yes")).toEqual([]);
  });

  test.each(WRONG.map((row) => [`${row[0]}: ${row[2]}`, row] as const))("says of %s", (_, row) => {
    const [name, seen, answer, evidence, remedy] = row;
    const found = find(name, seen);
    expect(found.answer).toBe(answer);
    expect(found.evidence).toMatch(evidence);
    if (remedy === undefined) expect(found.remedy).toBeUndefined();
    else expect(found.remedy ?? "").toMatch(remedy);
  });

  test("has a case above for each finding, whose names are all different", () => {
    expect([...new Set(WRONG.map(([name]) => name))].sort()).toEqual(PROBES.map(({ name }) => name).sort());
  });

  test.each([
    ["apparmor", { uid: 0, ...files({ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1" }) }],
    ["apparmor", files({ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1" })],
    ["surroundings", { containerSigns: ["/.dockerenv is there"] }],
    ["newuidmap", { uid: 0, ...without("newuidmap", "newgidmap") }],
    ["firewall", without("nft")],
    ["hidepid", { uid: 0, ...files({ "/proc/self/mountinfo": "22 1 0:20 / /proc rw - proc proc rw,hidepid=2\n" }) }],
    ["kernel", { release: "10.0.1" }],
  ])("does not mind %s where it does no harm", (name, seen) => {
    expect(find(name, seen).answer).toBe("yes");
  });

  test("does not work where the default box does not, whatever else holds", () => {
    expect(judgeMachine({ ...SOUND, ...trials({ default: refused("EPERM", "do this") }) })).toMatchObject({
      works: false,
      first: "nsbox run --proc bind …, or start the container around with --security-opt systempaths=unconfined",
    });
  });

  test("works without what a default box does not use", () => {
    const missing: Partial<Record<TrialName, ReturnType<typeof refused>>> = {
      ...{ overlay: refused("EINVAL"), subids: refused("EPERM"), time: refused("EINVAL") },
    };
    expect(judgeMachine({ ...SOUND, ...trials(missing), landlockAbi: 0 }).works).toBe(true);
  });

  test("says what works meanwhile, where something does", () => {
    const broken = { default: refused("EPERM") };
    expect(judgeMachine({ ...SOUND, ...trials(broken) }).meanwhile).toContain("--no-namespaces");
    const all = trials({ ...broken, "no-namespaces": refused("ENOSYS") });
    expect(judgeMachine({ ...SOUND, ...all }).meanwhile).toBeUndefined();
    expect(judgeMachine(SOUND).meanwhile).toBeUndefined();
  });

  test("names first the cause that is nearest to the kernel", () => {
    const all = Object.fromEntries(BOX_NAMESPACES.map((type) => [type, NOT_TRIED]));
    const seen = {
      ...SOUND,
      ...trials({ ...all, default: refused("ENOSPC", "last"), user: refused("ENOSPC", "user") }),
    };
    expect(judgeMachine(seen).first).toBe("user");
    expect(judgeMachine({ ...seen, release: "5.4" }).first).toBe("boot Linux 5.12 or newer");
  });
});
