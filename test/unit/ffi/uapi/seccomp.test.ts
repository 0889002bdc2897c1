import { describe, expect, test } from "bun:test";
import {
  SECCOMP,
  SECCOMP_MODE,
  SECCOMP_FILTER_FLAG,
  SECCOMP_RET,
  AUDIT_ARCH,
  BPF,
  SECCOMP_DATA,
  SOCK_FILTER,
  SOCK_FPROG,
  SECCOMP_IOCTL_NOTIF,
  SECCOMP_NOTIF,
  SECCOMP_NOTIF_RESP,
  SECCOMP_USER_NOTIF_FLAG,
} from "#ffi/uapi/seccomp.ts";
import { type HeaderStruct, type HeaderTable, noHeaders, structDifferences, tableDifferences } from "./headers.ts";

test("SOCK_FILTER packs one instruction into 8 bytes", () => {
  const bytes = SOCK_FILTER.pack({ code: BPF.JMP | BPF.JEQ | BPF.K, jt: 1, jf: 2, k: AUDIT_ARCH.X86_64 });
  expect(bytes.toHex()).toBe("150001023e0000c0");
});

const TABLES: readonly HeaderTable[] = [
  { source: "seccomp.ts SECCOMP", prefix: "SECCOMP_", headers: ["linux/seccomp.h"], values: SECCOMP },
  { source: "seccomp.ts SECCOMP_MODE", prefix: "SECCOMP_MODE_", headers: ["linux/seccomp.h"], values: SECCOMP_MODE },
  {
    source: "seccomp.ts SECCOMP_FILTER_FLAG",
    prefix: "SECCOMP_FILTER_FLAG_",
    headers: ["linux/seccomp.h"],
    values: SECCOMP_FILTER_FLAG,
  },
  { source: "seccomp.ts SECCOMP_RET", prefix: "SECCOMP_RET_", headers: ["linux/seccomp.h"], values: SECCOMP_RET },
  { source: "seccomp.ts AUDIT_ARCH", prefix: "AUDIT_ARCH_", headers: ["linux/audit.h"], values: AUDIT_ARCH },
  {
    source: "seccomp.ts SECCOMP_IOCTL_NOTIF",
    prefix: "SECCOMP_IOCTL_NOTIF_",
    headers: ["sys/ioctl.h", "linux/seccomp.h"],
    values: SECCOMP_IOCTL_NOTIF,
  },
  {
    source: "seccomp.ts SECCOMP_USER_NOTIF_FLAG",
    prefix: "SECCOMP_USER_NOTIF_FLAG_",
    headers: ["linux/seccomp.h"],
    values: SECCOMP_USER_NOTIF_FLAG,
  },
  { source: "seccomp.ts BPF", prefix: "BPF_", headers: ["linux/bpf_common.h"], values: BPF },
];

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct seccomp_data", headers: ["linux/seccomp.h"], layout: SECCOMP_DATA },
  { name: "struct seccomp_notif", headers: ["linux/seccomp.h"], layout: SECCOMP_NOTIF },
  { name: "struct seccomp_notif_resp", headers: ["linux/seccomp.h"], layout: SECCOMP_NOTIF_RESP },
  { name: "struct sock_filter", headers: ["linux/filter.h"], layout: SOCK_FILTER },
  { name: "struct sock_fprog", headers: ["linux/filter.h"], layout: SOCK_FPROG },
];

describe.skipIf(noHeaders)("seccomp.ts and the headers (needs cc and kernel headers)", () => {
  test.each(TABLES)("$source has the values of the headers", (table) => {
    expect(tableDifferences(table)).toEqual([]);
  });

  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
