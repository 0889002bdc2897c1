// The first words on a process: what of the machine it has for itself, and what may be done with the rest. Pure.
import { CAPS } from "#ffi/uapi/capability.ts";
import { limitsOf } from "./groups/cgroup-limits.ts";
import { type Group, type Readable, refused, type Row, rows } from "./groups/group.ts";
import { type FourIds, insideId } from "./groups/ids.ts";
import { findIn } from "./groups/lists.ts";
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
  const user = findIn(list ?? [], ({ type }) => type === "user");
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
  const words: string[] = [];
  for (const one of list) if (one.yours === yours) words.push(THINGS[one.type]);
  return words.join(", ");
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
  const words: string[] = [];
  if (seccomp.mode !== "none") words.push("a filter of system calls");
  if (noNewPrivs) words.push("no_new_privs");
  if ("value" in label && label.value !== "" && !label.value.startsWith("unconfined")) words.push("a security module");
  for (const { files, above } of "value" in cgroups ? cgroups.value : [])
    for (const group of [{ files }, ...above])
      for (const { of } of limitsOf(group.files))
        if (!words.includes(`a limit of ${of}`)) words.push(`a limit of ${of}`);
  return words;
}
