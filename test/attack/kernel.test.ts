// Reaching the kernel: lines 21 and 22 of docs/security.md; system calls (23 to 26) are in syscalls.test.ts.
import { type Attack, testAttacks } from "#test/support/attack.ts";

const SETTINGS: readonly string[] = [
  "/proc/sys/kernel/core_pattern",
  "/proc/sys/kernel/modprobe",
  "/proc/sys/kernel/domainname",
  "/proc/sys/vm/drop_caches",
  "/proc/sysrq-trigger",
  "/sys/kernel/uevent_helper",
  "/proc/sys/fs/binfmt_misc/register",
  "/proc/irq/default_smp_affinity",
];

const ATTACKS: readonly Attack[] = [
  ...SETTINGS.map((path): Attack => ({
    line: 21,
    name: `opening ${path} for writing`,
    // Opened, not written: the same attempt outside must not change the machine.
    script: `[ -e ${path} ] || exit 0; exec 2>/dev/null; (: >> ${path}) && echo PWNED`,
    control: { none: "it would be a change of this machine's own settings" },
  })),
  {
    line: 40,
    name: "a core dump to the program of kernel.core_pattern, which a limit of 0 would not keep from it",
    // The kernel's own rule for such a program, see core(5): it runs unless the limit is exactly 1.
    script: `[ "$(sed -n 's/^Max core file size *//p' /proc/self/limits | tr -s ' ')" = '1 1 bytes ' ] || echo PWNED`,
    control: { flags: ["--rlimit", "core=0"] },
  },
  {
    line: 21,
    name: "a cgroup hierarchy with a release_agent (CVE-2022-0492)",
    script: "mkdir /tmp/c; for o in rdma memory devices misc; do mount -t cgroup -o $o none /tmp/c && echo PWNED; done",
    control: { none: "only the initial user namespace may; the flags can't give that" },
  },
  {
    line: 21,
    name: "a writable /proc/sys of its own namespaces, as control",
    script: "echo 5 > /proc/sys/net/ipv4/ip_default_ttl && echo PWNED",
    control: { flags: ["--proc", "none", "--mount", "type=proc,dst=/proc", "--no-landlock"] },
    needs: ["root"],
  },
  {
    line: 22,
    name: "addresses of the kernel",
    script: "grep -qvE '^0+ ' /proc/kallsyms && echo PWNED",
    control: { none: "kernel.kptr_restrict hides them from everybody on some machines" },
    needs: ["root"],
  },
  {
    line: 22,
    name: "the kernel's memory, keys and timers",
    script:
      'for f in kcore keys timer_list sched_debug; do [ -n "$(head -c 1 /proc/$f 2>/dev/null)" ] && echo PWNED; done',
    control: { flags: ["--proc", "bind"] },
    needs: ["root"],
  },
  {
    line: 22,
    name: "where the kernel's pages and objects lie",
    script:
      'for f in kpagecount kpageflags slabinfo vmallocinfo; do [ -n "$(head -c 8 /proc/$f 2>/dev/null | tr -c x x)" ] && echo PWNED; done',
    control: { flags: ["--proc", "bind"] },
    needs: ["root"],
  },
  {
    line: 22,
    name: "how hot processors and packages get (powercap, thermal_throttle, interrupts)",
    script:
      '[ -n "$(cat /proc/interrupts; ls -A /sys/devices/virtual/powercap /sys/devices/system/cpu/cpu*/thermal_throttle 2>/dev/null | grep -v :$ | tr -d "\\n")" ] && echo PWNED',
    control: { flags: ["--proc", "bind"] },
  },
  {
    line: 22,
    name: "the firmware's tables",
    script: '[ -n "$(ls -A /sys/firmware 2>/dev/null)" ] && echo PWNED',
    control: { flags: ["--proc", "bind"] },
  },
  {
    line: 22,
    name: "the kernel's log",
    script: "dmesg >/dev/null 2>&1 && echo PWNED",
    control: "outside",
    needs: ["root"],
  },
];

testAttacks("kernel", ATTACKS);
