import { expect, test } from "bun:test";
import { explainArguments } from "#src/audit/explain-arguments.ts";
import { CLONE } from "#ffi/uapi/clone.ts";

const texts: Readonly<Record<string, string>> = { "4096": "/proc", "8192": 'a"\n' };
const readText = (address: bigint): string | undefined => texts[String(address)];

test.each<[name: string, args: readonly number[], expected: readonly string[]]>([
  ["socket", [40, 0x80001, 0], ["AF_VSOCK", "SOCK_STREAM|SOCK_CLOEXEC", "0"]],
  ["socket", [16, 3, 12], ["AF_NETLINK", "SOCK_RAW", "NETLINK_NETFILTER"]],
  ["socket", [2, 3, 12], ["AF_INET", "SOCK_RAW", "12"]],
  ["socket", [99, 0x7ff, 0], ["99", "2047", "0"]],
  ["unshare", [CLONE.NEWUSER | CLONE.NEWNS], ["CLONE_NEWNS|CLONE_NEWUSER"]],
  ["unshare", [CLONE.NEWTIME], ["CLONE_NEWTIME"]],
  ["clone", [CLONE.NEWUSER | 17, 0, 0, 0, 0, 0], ["CLONE_NEWUSER"]],
  ["setns", [0xffff_ffff, CLONE.NEWNET], ["-1", "CLONE_NEWNET"]],
  ["mount", [0, 4096, 8192, 0x1001, 5], ["NULL", '"/proc"', '"a\\"\\n"', "MS_RDONLY|MS_BIND", "0x5"]],
  ["mount", [1, 4096, 7, 0, 0], ["0x1", '"/proc"', "0x7", "0", "0x0"]],
  ["openat", [0xffff_ff9c, 4096, 0, 0], ["AT_FDCWD", '"/proc"', "0x0", "0x0"]],
  ["ioctl", [0, 0x1_0000_5412, 0], ["0", "TIOCSTI", "0x0"]],
  ["keyctl", [11, 1, 2, 3, 4], ["KEYCTL_READ", "0x1", "0x2", "0x3", "0x4"]],
  ["some_call", [1, 2, 3, 4, 5, 6], ["0x1", "0x2", "0x3", "0x4", "0x5", "0x6"]],
])("explainArguments() shows %s(%j) in the words of the manual", (name, args, expected) => {
  const words = Array.from({ length: 6 }, (_, n) => BigInt(args[n] ?? 0));
  expect(explainArguments(name, words, readText)).toEqual([...expected]);
});
