// The profile that boxes get when nothing is said: what programs need, without the calls that open the kernel's wider
// attack surface. Every call that nsbox knows stands in exactly one group; docs/seccomp.md is made of this table.
import { AF, NETLINK } from "#ffi/uapi/socket.ts";
import { TIOC } from "#ffi/uapi/ioctl.ts";
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import { type ArgumentRule, type Condition, refuse, type Verdict } from "./policy.ts";
import { allowWhen, type CallGroup, equal } from "./group.ts";

/** Who may make namespaces and mounts after all. */
const NESTED: readonly string[] = ["nested", "CAP_SYS_ADMIN"];
const EPERM = errnoNumber("EPERM");

/** Every namespace that clone(2) can make: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NEW_NAMESPACES = 0x7e020000n;
/** CLONE_NEWTIME, which shares its bit with clone's exit signal and is for unshare(2) only. */
const NEW_TIME = 0x80n;

const allow = (title: string, why: string, calls: string): CallGroup => ({ title, why, calls, otherwise: undefined });

const deny = (title: string, why: string, calls: string, liftedBy: readonly string[] = []): CallGroup => ({
  title,
  why,
  calls,
  otherwise: refuse(EPERM, liftedBy),
});

const hasNo = (arg: number, bits: bigint): Condition => ({ arg, operator: "EQ", mask: bits, value: 0n });

const withArguments = (
  [title, why, calls]: readonly [title: string, why: string, calls: string],
  rules: readonly ArgumentRule[],
  otherwise: Verdict | undefined,
): CallGroup => ({ title, why, calls, rules, otherwise });

const refused = (errno: ErrnoName): Verdict => refuse(errnoNumber(errno));

/** What the profile says, group by group. */
export const GROUPS: readonly CallGroup[] = [
  allow(
    "Files and folders",
    "Ordinary work with files: the box's mounts, Landlock and the files' permissions decide which.",
    `read write open close stat fstat lstat lseek pread64 pwrite64 readv writev access sendfile fcntl flock fsync fdatasync
     truncate ftruncate getdents getcwd chdir fchdir rename mkdir rmdir creat link unlink symlink readlink chmod fchmod
     chown fchown lchown umask utime mknod statfs fstatfs sync readahead setxattr lsetxattr fsetxattr getxattr lgetxattr
     fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr getdents64 fadvise64 utimes openat
     mkdirat mknodat fchownat futimesat newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat
     splice tee sync_file_range vmsplice utimensat fallocate preadv pwritev syncfs renameat2 copy_file_range preadv2
     pwritev2 statx close_range openat2 faccessat2 cachestat fchmodat2 setxattrat getxattrat listxattrat removexattrat
     file_getattr file_setattr name_to_handle_at statmount listmount dup dup2 dup3 pipe pipe2`,
  ),
  allow(
    "Waiting for files, and watching them",
    "Event loops, timers and notifications that are files. io_* are the old asynchronous I/O of databases, not io_uring.",
    `poll select pselect6 ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 inotify_init
     inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark signalfd signalfd4 eventfd eventfd2 timerfd_create
     timerfd_settime timerfd_gettime io_setup io_destroy io_getevents io_submit io_cancel io_pgetevents`,
  ),
  allow(
    "Memory",
    "A process's own address space; shared memory of the box's own IPC namespace.",
    `mmap mprotect munmap brk mremap msync mincore madvise mlock munlock mlockall munlockall mlock2 remap_file_pages
     shmget shmat shmctl shmdt memfd_create memfd_secret pkey_mprotect pkey_alloc pkey_free membarrier map_shadow_stack
     mseal`,
  ),
  allow(
    "Processes and threads",
    "Starting, waiting, naming and scheduling of the box's own processes.",
    `fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp getsid setpgid setsid
     prctl arch_prctl set_tid_address set_robust_list get_robust_list rseq futex futex_waitv futex_wake futex_wait
     futex_requeue sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_setattr
     sched_getattr sched_setaffinity sched_getaffinity sched_get_priority_max sched_get_priority_min
     sched_rr_get_interval getpriority setpriority ioprio_set ioprio_get getrlimit setrlimit prlimit64 getrusage getcpu
     times restart_syscall pidfd_open uretprobe uprobe`,
  ),
  allow(
    "Users and privileges",
    "Ids and capabilities of the box's own user namespace; Landlock and seccomp only take away.",
    `getuid getgid geteuid getegid setuid setgid setreuid setregid getgroups setgroups setresuid getresuid setresgid
     getresgid setfsuid setfsgid capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
     lsm_get_self_attr lsm_set_self_attr lsm_list_modules`,
  ),
  allow(
    "Signals",
    "They reach the processes of the box's PID namespace only.",
    `kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo
     rt_tgsigqueueinfo rt_sigsuspend sigaltstack pause pidfd_send_signal`,
  ),
  allow(
    "Time",
    "Reading clocks and sleeping. adjtimex and clock_adjtime read too; to set anything they ask for CAP_SYS_TIME outside.",
    `nanosleep getitimer alarm setitimer gettimeofday time timer_create timer_settime timer_gettime timer_getoverrun
     timer_delete clock_gettime clock_getres clock_nanosleep adjtimex clock_adjtime`,
  ),
  allow(
    "Sockets, and messages between processes",
    "What a socket can reach is up to its network namespace. Which kinds can be made is a group of its own.",
    `connect accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown bind listen getsockname
     getpeername setsockopt getsockopt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
     mq_timedsend mq_timedreceive mq_notify mq_getsetattr`,
  ),
  allow("The system", "Reading what kind of machine this is, and random numbers.", "uname sysinfo getrandom"),
  allow(
    "Debuggers",
    "Tracing within the box. Since Linux 4.8 a tracer can't get around the filter; a process outside can't be named.",
    "ptrace process_vm_readv process_vm_writev pidfd_getfd",
  ),
  withArguments(
    [
      "New processes in new namespaces",
      "A new user namespace comes with every capability over what is in it, and most holes of the kernel that an ordinary user could use began so. Without these flags it is how threads and processes are made.",
      "clone",
    ],
    [allowWhen(hasNo(0, NEW_NAMESPACES))],
    refuse(EPERM, NESTED),
  ),
  withArguments(
    ["Leaving what is shared", "As above: files and signal handlers may be unshared, namespaces may not.", "unshare"],
    [allowWhen(hasNo(0, NEW_NAMESPACES | NEW_TIME))],
    refuse(EPERM, NESTED),
  ),
  {
    title: "clone3",
    why: "Its flags are in memory, where a filter can't look. ENOSYS makes libraries fall back to clone.",
    calls: "clone3",
    otherwise: refuse(errnoNumber("ENOSYS"), NESTED),
  },
  deny(
    "Mounts and namespaces",
    "What the box sees is settled before it starts. --nested allows them, confined to the box.",
    `mount umount2 pivot_root open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr setns
     sethostname setdomainname`,
    NESTED,
  ),
  deny("Another root folder", "chroot is no wall, but build tools use it.", "chroot", ["nested", "CAP_SYS_CHROOT"]),
  withArguments(
    [
      "Kinds of sockets",
      "Local and Internet sockets, and netlink but for firewalls and IPsec. Rare families hold much old code that any user could load (CVE-2021-43267 in TIPC, CVE-2022-27666 in IPsec), AF_VSOCK reaches the hypervisor past every network namespace, AF_ALG the kernel's ciphers. EAFNOSUPPORT is what a kernel without the family says.",
      "socket",
    ],
    [
      allowWhen(equal(0, AF.UNIX)),
      allowWhen(equal(0, AF.INET)),
      allowWhen(equal(0, AF.INET6)),
      { when: [equal(0, AF.NETLINK), equal(2, NETLINK.NETFILTER)], verdict: refuse(EPERM, ["CAP_NET_ADMIN"]), why: "" },
      { when: [equal(0, AF.NETLINK), equal(2, NETLINK.XFRM)], verdict: refuse(EPERM, ["CAP_NET_ADMIN"]), why: "" },
      allowWhen(equal(0, AF.NETLINK)),
      { when: [equal(0, AF.PACKET)], verdict: refuse(EPERM, ["CAP_NET_ADMIN"]), why: "" },
    ],
    refused("EAFNOSUPPORT"),
  ),
  withArguments(
    ["Pairs of sockets", "Local ones; only TIPC has others.", "socketpair"],
    [allowWhen(equal(0, AF.UNIX))],
    refused("EAFNOSUPPORT"),
  ),
  withArguments(
    [
      "Devices and terminals",
      "All requests but those that push input into a terminal (TIOCSTI, TIOCLINUX: CVE-2017-5226) or load a line discipline (TIOCSETD: CVE-2017-2636). The request is compared by its 32 bits, all that the kernel looks at (CVE-2019-7303).",
      "ioctl",
    ],
    [TIOC.STI, TIOC.LINUX, TIOC.SETD].map((request) => ({
      when: [equal(1, request)],
      verdict: refuse(EPERM),
      why: "",
    })),
    undefined,
  ),
  withArguments(
    [
      "Personality",
      "Plain Linux, with old version numbers or 32-bit names (0x0, 0x8, 0x20000, 0x20008), memory without chance for debuggers (0x40000), and asking (0xffffffff). Others make memory executable or map page 0.",
      "personality",
    ],
    [0x0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff].map((persona) => allowWhen(equal(0, persona))),
    refuse(EPERM),
  ),
  deny(
    "Keys",
    "The keyrings of the kernel belong to a user, not to a namespace: a box could read keys of its caller.",
    "add_key request_key keyctl",
  ),
  deny(
    "Rings of system calls",
    "What is asked for through io_uring passes by this filter, and it has had more holes than any other call.",
    "io_uring_setup io_uring_enter io_uring_register",
  ),
  deny(
    "Page faults handled in user space",
    "userfaultfd stops the kernel in the middle of a copy, which exploits of races need.",
    "userfaultfd",
  ),
  deny("Programs in the kernel", "Its verifier has been fooled often.", "bpf", ["CAP_SYS_ADMIN", "CAP_BPF"]),
  deny("Performance counters", "They see other processes, and have had many holes.", "perf_event_open", [
    "CAP_SYS_ADMIN",
    "CAP_PERFMON",
  ]),
  deny("Files by handle", "A handle names a file anywhere on the file system (CVE-2014-3519).", "open_by_handle_at", [
    "CAP_DAC_READ_SEARCH",
  ]),
  deny(
    "The memory of other processes, by place",
    "Which NUMA node holds whose pages is the machine's affair.",
    "mbind get_mempolicy set_mempolicy set_mempolicy_home_node migrate_pages move_pages",
    ["CAP_SYS_NICE"],
  ),
  deny(
    "Comparing and advising other processes",
    "kcmp tells how the kernel orders its objects in memory.",
    "kcmp process_madvise process_mrelease",
    ["CAP_SYS_PTRACE"],
  ),
  deny("Modules", "A module is the kernel.", "init_module finit_module delete_module", ["CAP_SYS_MODULE"]),
  deny("Another kernel, and swap", "They belong to the machine.", "kexec_load kexec_file_load swapon swapoff"),
  deny("Restarting", "Within a PID namespace reboot ends its init.", "reboot", ["CAP_SYS_BOOT"]),
  deny("Setting clocks", "There is one real-time clock for all.", "settimeofday clock_settime", ["CAP_SYS_TIME"]),
  deny("The kernel's log", "It tells addresses, and what others do.", "syslog", ["CAP_SYSLOG"]),
  deny("Accounting of processes", "It is the machine's.", "acct", ["CAP_SYS_PACCT"]),
  deny("Hanging up terminals", "It is the machine's.", "vhangup", ["CAP_SYS_TTY_CONFIG"]),
  deny(
    "Watching whole mounts, and quotas",
    "Both are about a file system as a whole.",
    "fanotify_init quotactl quotactl_fd",
    ["CAP_SYS_ADMIN"],
  ),
  deny("Ports of the processor", "Whoever reaches them reaches the machine.", "iopl ioperm", ["CAP_SYS_RAWIO"]),
  {
    title: "Segments of old programs",
    why: "For 16-bit programs; it has had holes (CVE-2017-17053). ENOSYS is what a kernel without it says.",
    calls: "modify_ldt",
    otherwise: refused("ENOSYS"),
  },
  deny(
    "Out of use",
    "Nothing uses them; most kernels don't have them any more.",
    `uselib ustat sysfs _sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg afs_syscall tuxcall
     security vserver set_thread_area get_thread_area lookup_dcookie epoll_ctl_old epoll_wait_old`,
  ),
];

/** Numbers that no group knows: newer than nsbox. */
export const UNKNOWN: Verdict = refused("ENOSYS");

/** Why, for people. */
export const UNKNOWN_WHY = "nsbox knows no call of this number; programs fall back on older ones";
