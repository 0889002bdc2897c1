// The namespaces of a process: whose they are, and with whom it shares them; see namespaces(7), ioctl_ns(2).
import type { NamespaceType } from "#src/spec/spec.ts";
import { count, type Group, type Readable, type Row, rows, shown, shownBlocks, table } from "./group.ts";
import { findIn, hasAny, mapList } from "./lists.ts";

export interface NamespaceView {
  readonly type: NamespaceType;
  readonly inode: number;
  /** The namespace of the process that inspects. */
  readonly yours: boolean;
  /** Inode of the user namespace that owns it; of a user namespace its parent, which the first has none of. */
  readonly owner: Readable<number | undefined>;
  /** Who made it, as you see him; user namespaces only. */
  readonly creatorUid: Readable<number> | undefined;
  /** Other processes in it, of those that you may look at. */
  readonly others: number;
}

export interface Namespaces {
  readonly list: Readable<readonly NamespaceView[]>;
  /** Inode of your user namespace. */
  readonly yourUser: number | undefined;
  /** Processes whose namespaces you may not see. */
  readonly unseenProcesses: number;
  /** /proc is mounted with hidepid: processes of others are not even listed. */
  readonly hidepid: boolean;
}

/** What each type isolates, in a few words. */
export const NAMESPACE_MEANING: Readonly<Record<NamespaceType, string>> = {
  user: "its ids and capabilities",
  mnt: "what is mounted where",
  pid: "which processes it sees, and by which numbers",
  ipc: "System V objects, POSIX message queues",
  uts: "host and domain name",
  net: "devices, addresses, routes, ports",
  cgroup: "which cgroup it sees as the root",
  time: "offsets of its clocks",
};

export function explainNamespaces({ list, yourUser, unseenProcesses, hidepid }: Namespaces): Group {
  return {
    title: "Namespaces",
    meaning: "each holds one kind of thing apart; others in the same one see the same",
    blocks: [
      ...shownBlocks(list, "all", (views) => [
        ...table(
          ["type", "inode", "is", "owner", "others", "isolates"],
          mapList(views, (view) => [
            view.type,
            String(view.inode),
            view.yours ? "yours" : "its own",
            ownerName(view, views, yourUser),
            String(view.others),
            NAMESPACE_MEANING[view.type],
          ]),
        ),
        rows(
          { label: "owner", value: "the user namespace whose root has power over it", note: "root of others has none" },
          ...explainCreator(views),
        ),
      ]),
      ...(hidepid ? [rows({ label: "not counted", value: "all of others: /proc is mounted with hidepid" })] : []),
      ...(unseenProcesses === 0
        ? []
        : [rows({ label: "not counted", value: `${count(unseenProcesses, "process", "processes")} of others` })]),
    ],
  };
}

/** "yours", "its own" or the inode, of a user namespace. */
function ownerName({ owner }: NamespaceView, views: readonly NamespaceView[], yourUser: number | undefined): string {
  if (!("value" in owner)) return `? (${owner.unreadable})`;
  if (owner.value === undefined) return "none";
  if (owner.value === yourUser) return "yours";
  return hasAny(views, ({ type, inode }) => type === "user" && inode === owner.value) ? "its own" : String(owner.value);
}

function explainCreator(views: readonly NamespaceView[]): readonly Row[] {
  const user = findIn(views, ({ type }) => type === "user");
  if (user?.creatorUid === undefined) return [];
  const value = shown(user.creatorUid, (uid) => `uid ${uid} made its user namespace`);
  return [{ label: "maker", value, note: "from outside, he has every capability over it" }];
}
