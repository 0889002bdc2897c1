// The arguments of a refused call in the words of the manual. What a pointer leads to is for `readText` to say: it is
// written down only, nothing is ever decided by it.
import { CLONE } from "#ffi/uapi/clone.ts";
import { flagNames } from "#ffi/uapi/flags.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { KEYCTL } from "#ffi/uapi/keyctl.ts";
import { MS } from "#ffi/uapi/mount.ts";
import { AF, NETLINK, SOCK } from "#ffi/uapi/socket.ts";

/** The text at an address in the caller's memory; undefined where it can't be had. */
export type ReadText = (address: bigint) => string | undefined;

type Kind =
  "fd" | "number" | "bits" | "text" | "clone" | "mount" | "family" | "socket" | "protocol" | "key" | "request";

/** What each argument is, for calls that profiles refuse; of others all six words are shown. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  accept: "fd",
  acct: "text",
  add_key: "text text bits number number",
  bind: "fd bits number",
  bpf: "number bits number",
  chmod: "text bits",
  chown: "text number number",
  chroot: "text",
  clock_settime: "number bits",
  clone: "clone",
  clone3: "bits number",
  connect: "fd bits number",
  delete_module: "text bits",
  execve: "text bits bits",
  execveat: "fd text bits bits bits",
  fanotify_init: "bits bits",
  finit_module: "fd text bits",
  fsconfig: "fd number text bits number",
  fsmount: "fd bits bits",
  fsopen: "text bits",
  fspick: "fd text bits",
  init_module: "bits number text",
  io_uring_enter: "fd number number bits",
  io_uring_register: "fd number bits number",
  io_uring_setup: "number bits",
  ioctl: "fd request bits",
  kcmp: "number number number number number",
  kexec_file_load: "fd fd number text bits",
  kexec_load: "bits number bits bits",
  keyctl: "key bits bits bits bits",
  kill: "number number",
  link: "text text",
  memfd_create: "text bits",
  mkdir: "text bits",
  mknod: "text bits bits",
  mknodat: "fd text bits bits",
  modify_ldt: "number bits number",
  mount: "text text text mount bits",
  mount_setattr: "fd text bits bits number",
  move_mount: "fd text fd text bits",
  open: "text bits bits",
  open_by_handle_at: "fd bits bits",
  open_tree: "fd text bits",
  open_tree_attr: "fd text bits bits number",
  openat: "fd text bits bits",
  openat2: "fd text bits number",
  perf_event_open: "bits number number fd bits",
  personality: "bits",
  pivot_root: "text text",
  prctl: "number bits bits bits bits",
  process_madvise: "fd bits number number bits",
  ptrace: "number number bits bits",
  quotactl: "bits text number bits",
  reboot: "bits bits bits",
  rename: "text text",
  request_key: "text text text number",
  rmdir: "text",
  setdomainname: "text number",
  sethostname: "text number",
  setns: "fd clone",
  setuid: "number",
  socket: "family socket protocol",
  socketpair: "family socket number",
  swapoff: "text",
  swapon: "text bits",
  symlink: "text text",
  syslog: "number bits number",
  umount2: "text bits",
  unlink: "text",
  unlinkat: "fd text bits",
  unshare: "clone",
  userfaultfd: "bits",
};

const ALL: readonly Kind[] = Array.from({ length: 6 }, () => "bits");
const EXIT_SIGNAL = 0xffn;

/** Each argument of the call that this name has. */
export function explainArguments(name: string, args: readonly bigint[], readText: ReadText): readonly string[] {
  const kinds = (ARGUMENTS[name]?.split(" ") as Kind[] | undefined) ?? ALL; // the texts above hold nothing else
  return kinds.map((kind, n) => explain(kind, args, n, readText));
}

function explain(kind: Kind, args: readonly bigint[], n: number, readText: ReadText): string {
  const word = args[n] ?? 0n;
  const int = BigInt.asIntN(32, word);
  switch (kind) {
    case "fd":
      return int === -100n ? "AT_FDCWD" : String(int);
    case "number":
      return String(int);
    case "bits":
      return `0x${word.toString(16)}`;
    case "text":
      return word === 0n ? "NULL" : (quoted(readText(word)) ?? `0x${word.toString(16)}`);
    case "clone":
      // The lowest byte of clone's flags is a signal; unshare's holds CLONE_NEWTIME.
      return flagNames(CLONE, "CLONE_", args.length > 1 && n === 0 && word > EXIT_SIGNAL ? word & ~EXIT_SIGNAL : word);
    case "mount":
      return flagNames(MS, "MS_", word);
    case "family":
      return nameOf(AF, "AF_", int);
    case "socket":
      return socketType(int);
    case "protocol":
      return Number(BigInt.asIntN(32, args[0] ?? 0n)) === AF.NETLINK ? nameOf(NETLINK, "NETLINK_", int) : String(int);
    case "key":
      return nameOf(KEYCTL, "KEYCTL_", int);
    case "request":
      return nameOf(TIOC, "TIOC", BigInt.asUintN(32, word), 16);
  }
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text);
}

function nameOf(table: Readonly<Record<string, number>>, prefix: string, value: bigint, radix: 10 | 16 = 10): string {
  const name = Object.entries(table).find(([, number]) => BigInt(number) === value)?.[0];
  if (name !== undefined) return `${prefix}${name}`;
  return radix === 16 ? `0x${value.toString(16)}` : String(value);
}

function socketType(word: bigint): string {
  const { NONBLOCK, CLOEXEC, ...types } = SOCK;
  const flags = BigInt(NONBLOCK | CLOEXEC);
  const names = flagNames({ NONBLOCK, CLOEXEC }, "SOCK_", word & flags);
  const type = nameOf(types, "SOCK_", word & ~flags);
  return names === "0" ? type : `${type}|${names}`;
}
