// The first words on a process: what of the machine it has for itself, and what may be done with the rest. Pure.
import { CAPS } from "#ffi/uapi/capability.ts";
import { limitsOf } from "./groups/cgroup-limits.ts";
import { gather, type Group, type Readable, refused, type Row, rows } from "./groups/group.ts";
import { type FourIds, insideId } from "./groups/ids.ts";
import type { NamespaceView } from "./groups/namespaces.ts";
import type { ProcessView } from "./process-view.ts";
import type { NamespaceType } from "#src/spec/spec.ts";

/** What a namespace is about, in a word. */
const THINGS: Readonly<Record<NamespaceType, string>> = {
  user: "ids",
  mnt: "mounts",
  pid: "processes",
  ipc: "IPC",
  uts: "host name",
  net: "network",
  cgroup: "cgroup tree",
  time: "clocks",
};

export function explainShort(view: ProcessView): Group {
  return { title: "In short", meaning: "how far apart from you it is", blocks: [rows(...shortRows(view))] };
}

/** The same as rows. */
export function shortRows(view: ProcessView): readonly Row[] {
  const { list, machineUser } = readNamespaces(view);
  const user = list?.find(({ type }) => type === "user");
  return [
    ...(list === undefined
      ? [{ label: "its own", value: refusedList(view.namespaces.list) }]
      : [
          {
            label: "its own",
            value: things(list, false) || "nothing",
            note: "what it sees here is not what you see",
          },
          {
            label: "shared",
            value: things(list, true) || "nothing",
            note: "what it sees as you do: a change is seen by both",
          },
        ]),
    { label: "acts as", value: explainUser(view.ids.uids, view.ids.uidMap, user?.yours !== false) },
    { label: "power", value: explainPower(view.capabilities.effective.length, user?.yours, machineUser) },
    {
      label: "held back",
      value: walls(view).join(", ") || "by nothing of: seccomp, no_new_privs, a label, cgroup limits",
    },
  ];
}

/** KERNEL: PROC_USER_INIT_INO, the user namespace in which capabilities are over the machine. */
const FIRST_USER = 0xeffffffd;

function readNamespaces({ namespaces }: ProcessView): {
  readonly list: readonly NamespaceView[] | undefined;
  readonly machineUser: boolean;
} {
  const list = "value" in namespaces.list ? namespaces.list.value : undefined;
  return { list: list?.length === 0 ? undefined : list, machineUser: namespaces.yourUser === FIRST_USER };
}

function refusedList(list: Readable<readonly NamespaceView[]>): string {
  return "value" in list ? "can't be told" : refused(list);
}

function things(list: readonly NamespaceView[], yours: boolean): string {
  return list
    .filter((one) => one.yours === yours)
    .map(({ type }) => THINGS[type])
    .join(", ");
}

/** "uid 1000", "root", "root inside, uid 1000 to everyone outside". */
function explainUser({ effective }: FourIds, map: ProcessView["ids"]["uidMap"], yours: boolean): string {
  const outside = effective === 0 ? "root" : `uid ${effective}`;
  if (yours || !("value" in map)) return outside;
  const id = insideId(effective, map.value);
  const inside = id === undefined ? "nobody" : id === 0 ? "root" : `uid ${id}`;
  return `${inside} inside, ${outside} to files and to all outside`;
}

function explainPower(count: number, yours: boolean | undefined, machineUser: boolean): string {
  if (count === 0) return "none of root's capabilities";
  const some = count >= CAPS.length ? "every capability" : `${count} of root's ${CAPS.length} capabilities`;
  if (yours === undefined) return some;
  if (!yours) return `${some}, over what its own user namespace owns and nothing else`;
  return `${some}, over ${machineUser ? "the whole machine" : "all that your user namespace owns"}`;
}

function walls({ confinement, cgroups }: ProcessView): readonly string[] {
  const { seccomp, noNewPrivs, label } = confinement;
  const groups = "value" in cgroups ? gather(cgroups.value, (one) => [one, ...one.above]) : [];
  const limited = new Set(gather(groups, ({ files }) => limitsOf(files).map((limit) => limit.of)));
  const labelled = "value" in label && label.value !== "" && !label.value.startsWith("unconfined");
  return [
    ...(seccomp.mode === "none" ? [] : ["a filter of system calls"]),
    ...(noNewPrivs ? ["no_new_privs"] : []),
    ...(labelled ? ["a security module"] : []),
    ...[...limited].map((what) => `a limit of ${what}`),
  ];
}
