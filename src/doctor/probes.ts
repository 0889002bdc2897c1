// The table of findings: what each is called, what rests on it, and how observations are judged. Pure.
import type { Diagnosis, Finding, Judgement } from "./finding.ts";
import * as box from "./judge-box.ts";
import * as ids from "./judge-ids.ts";
import * as more from "./judge-resources.ts";
import type { Observations } from "./observations.ts";

export interface Probe {
  readonly name: string;
  readonly group: string;
  readonly enables: string;
  judge(seen: Observations): Judgement;
}

const BOX = "To make a box";
const IDS = "Ids beyond your own";
const FILES = "Files";
const WALLS = "Walls";
const LIMITS = "Limits";
const NETWORK = "Networks";

const firewall = more.judgeAnyTool(["nft", "iptables"], "apt install nftables");
const userNetwork = more.judgeAnyTool(["pasta", "slirp4netns"], "apt install passt");

export const PROBES: readonly Probe[] = [
  { name: "run", group: BOX, enables: "nsbox run", judge: box.judgeRun },
  {
    name: "no-namespaces",
    group: BOX,
    enables: "--no-namespaces, where namespaces are forbidden",
    judge: ({ trials }) => box.judgeTrial(trials["no-namespaces"], "a box of Landlock alone was made"),
  },
  { name: "kernel", group: BOX, enables: "everything", judge: box.judgeKernel },
  { name: "user-namespaces", group: BOX, enables: "every box", judge: box.judgeUserNamespaces },
  { name: "apparmor", group: BOX, enables: "user namespaces for ordinary users", judge: box.judgeApparmor },
  { name: "namespaces", group: BOX, enables: "what a box has of its own", judge: box.judgeNamespaces },
  { name: "fresh-proc", group: BOX, enables: "a /proc that shows the box alone", judge: box.judgeFreshProc },
  { name: "memfd-exec", group: BOX, enables: "the init", judge: box.judgeMemfd },
  { name: "clone3", group: BOX, enables: "signal handlers reset by the kernel", judge: box.judgeClone3 },
  { name: "surroundings", group: BOX, enables: "all of it", judge: box.judgeSurroundings },
  { name: "subordinate-ids", group: IDS, enables: "--subids", judge: ids.judgeSubordinateIds },
  { name: "newuidmap", group: IDS, enables: "--subids, ranges in --uid-map", judge: ids.judgeIdTools },
  { name: "id-ranges", group: IDS, enables: "--subids", judge: ids.judgeIdRanges },
  { name: "overlay", group: FILES, enables: "--overlay", judge: more.judgeOverlay },
  {
    name: "idmapped-mounts",
    group: FILES,
    enables: "files that belong to other ids inside",
    judge: more.judgeIdmappedMounts,
  },
  { name: "hidepid", group: FILES, enables: "looking at the processes of others", judge: more.judgeHidepid },
  { name: "landlock", group: WALLS, enables: "--landlock, a wall behind the mounts", judge: more.judgeLandlock },
  { name: "seccomp", group: WALLS, enables: "filters of system calls", judge: more.judgeSeccomp },
  { name: "keyrings", group: WALLS, enables: "a keyring of the box's own", judge: more.judgeKeyrings },
  { name: "time-namespace", group: LIMITS, enables: "--boottime, --monotonic", judge: more.judgeTime },
  { name: "cgroup2", group: LIMITS, enables: "limits of processor, memory, processes", judge: more.judgeCgroup2 },
  { name: "cgroup-delegation", group: LIMITS, enables: "such limits without root", judge: more.judgeDelegation },
  { name: "firewall", group: NETWORK, enables: "networks between boxes, as root", judge: firewall },
  { name: "user-network", group: NETWORK, enables: "a network without root", judge: userNetwork },
];

const WEAKER = "nsbox run --no-namespaces, which is weaker, works here";

/** The causes of a box that can't be made, the one nearest to the kernel first. */
const CAUSES_FIRST: readonly string[] = [
  ...["kernel", "apparmor", "user-namespaces", "namespaces", "fresh-proc", "memfd-exec", "run"],
];

/** Everything that the doctor says about a machine. */
export function judgeMachine(seen: Observations): Diagnosis {
  const findings = PROBES.map(({ name, group, enables, judge }): Finding => ({ name, group, enables, ...judge(seen) }));
  const works = seen.trials.default.kind === "worked";
  if (works) return { works, first: undefined, meanwhile: undefined, findings };
  const weaker = seen.trials["no-namespaces"].kind === "worked";
  return { works, first: firstRemedy(findings), meanwhile: weaker ? WEAKER : undefined, findings };
}

function firstRemedy(findings: readonly Finding[]): string | undefined {
  const wrong = CAUSES_FIRST.flatMap((name) => findings.filter((row) => row.name === name && row.answer === "no"));
  return wrong.find(({ remedy }) => remedy !== undefined)?.remedy;
}
