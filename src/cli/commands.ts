// Every command, a row each: dispatch and help read them.
import type { Option } from "./option.ts";
import { DIFF_OPTIONS } from "./diff-options.ts";
import { DEMO_OPTIONS } from "./demo-options.ts";
import { DOCTOR_OPTIONS } from "./doctor-options.ts";
import { COMPILE_OPTIONS } from "./compile-options.ts";
import { BOX_COMMANDS } from "./box-commands.ts";
import { INSPECT_OPTIONS } from "./inspect-options.ts";
import { NS_OPTIONS } from "./ns-options.ts";
import { LS_OPTIONS } from "./ls-options.ts";
import { NET_OPTIONS } from "./net-options.ts";
import { RUN_OPTIONS } from "./run-options.ts";
import { SECCOMP_OPTIONS } from "./seccomp-options.ts";

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** A few sentences for its help. */
  readonly about: string;
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Only what help shows: the type of what they add up to is the command's own affair. */
  readonly options: readonly Omit<Option<never>, "apply">[];
  /** Words are another command's: it knows itself which --help is its own. */
  readonly takesCommand?: true;
  /** Loads the command's code, then runs it; gives the exit code, or "help" if that is to be shown. */
  load(): Promise<(argv: readonly string[]) => Promise<number | "help"> | number | "help">;
}

export const COMMANDS: readonly Command[] = [
  {
    name: "run",
    usage: "nsbox run [FLAGS] [--] COMMAND [ARGUMENTS]",
    summary: "run a command in a new box",
    about:
      "When nothing is said: new user, mount, PID, IPC, UTS, network and cgroup namespaces; the host's files, read-only, homes hidden; fresh /tmp, /run, /proc, /dev; loopback only. The exit code is the command's; 128+N if signal N ended it; 125 if nsbox failed; 126 if the command can't be executed, 127 if it isn't found.",
    examples: [
      ["nsbox run -- sh -c 'id; hostname; ps ax'", "look around in a box"],
      ["nsbox run --rw . -- make test", "a build that can change this folder only"],
      ["nsbox run --root ./rootfs -t -- /bin/sh", "a shell in a root file system of its own"],
      ["nsbox run --overlay --timeout 5m -- ./install.sh", "a script that may write anywhere, and leaves nothing"],
      ["nsbox run --net host -e TOKEN -- npm ci", "with the host's network, and one variable of yours"],
      ["nsbox run --dry-run -- true", "what would be done, call by call, and why"],
    ],
    options: RUN_OPTIONS,
    takesCommand: true,
    load: async () => (await import("./commands/run.ts")).runCommand,
  },
  {
    name: "compile",
    usage: "nsbox compile -o FILE [FLAGS] [--] COMMAND [ARGUMENTS]",
    summary: "write a box as an executable that needs nothing else",
    about:
      "The file holds every call that run would make, and neither nsbox nor libc is needed to start it. Its arguments follow COMMAND's; environment and standard streams are those of who starts it, as with run. Files and folders are looked at now, ids are checked when it starts.",
    examples: [
      ["nsbox compile -o ./check -- sh -c 'id; hostname'", "a box as a file; ./check starts it"],
      ["nsbox compile -o ./lint --ro . -- node lint.js", "./lint src/*.js gives it more arguments"],
      ["nsbox compile --show ./check", "what it does, call by call"],
    ],
    options: COMPILE_OPTIONS,
    takesCommand: true,
    load: async () => (await import("./commands/compile.ts")).compileCommand,
  },
  {
    name: "inspect",
    usage: "nsbox inspect PID|BOX [FLAGS]",
    summary: "show what isolates a process",
    about:
      "Who it is; its namespaces, whose they are and how many others share them; id maps, capabilities, seccomp; names, mounts, network, IPC objects, clocks; cgroup, limits, open files. What lies in another namespace is read by a helper that enters it and leaves no trace. What may not be read is shown as such, with the reason.",
    examples: [
      ["nsbox inspect $$", "your own shell"],
      ["nsbox inspect 4711 --json", "as data"],
      ["nsbox inspect 4711 --watch --interval 500ms", "what changes while it runs"],
    ],
    options: INSPECT_OPTIONS,
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  {
    name: "diff",
    usage: "nsbox diff PID|BOX PID|BOX [--json]",
    summary: "show what two processes share, and what isolates them",
    about:
      "Compares namespaces, mounts, root and folder, ids, capabilities, seccomp, cgroup, limits, and the names of environment variables. A is the first, B the second: ≠ is in both and differs, A or B is in one only, ? may not be read. The exit code is 0 if nothing differs, 1 if something does, 125 if nsbox failed; what may not be read counts for neither.",
    examples: [
      ["nsbox diff $$ 4711", "your shell and another process"],
      ["nsbox diff 1 $$ --json", "as data"],
    ],
    options: DIFF_OPTIONS,
    load: async () => (await import("./commands/diff.ts")).diffCommand,
  },
  {
    name: "ns",
    usage: "nsbox ns pin NAME FLAGS | ls [NAME…] | rm NAME… [--json]",
    summary: "keep namespaces under a name, to enter them again",
    about:
      "pin makes new namespaces that outlive every process in them; run and exec enter them by name; rm lets them go, and they end with their last process. As root their files are mounted in /run/nsbox. A user's, and PID namespaces, are held by a process of a few pages, and a user's come with a user namespace, which run enters with them. NSBOX_STATE_DIR names another folder.",
    examples: [
      ["nsbox ns pin web --net --uts --hostname web", "a network and a host name that stay"],
      ["nsbox run --net web --uts web -- sh", "a box in them; a second one meets it on loopback"],
      ["nsbox exec --net web -- ss -tln", "what listens in it, with your own tools"],
      ["nsbox ns ls", "which there are, and what holds them"],
      ["nsbox ns rm web", "let them go"],
    ],
    options: NS_OPTIONS,
    load: async () => (await import("./commands/ns.ts")).nsCommand,
  },
  {
    name: "demo",
    usage: "nsbox demo [KIND…] [--step] [--json]",
    summary: "prove live what namespaces do, inside beside outside",
    about:
      "KIND: uts, ipc, pid, mount, net, user, cgroup, time, or container, which puts them together step by step. Each proof makes real boxes with no more than it is about, shows the system calls that made them, runs a command inside and outside, and checks what was seen. Without KIND all are played, a line each. Exit code 1 if a proof fails. Nothing is left behind.",
    examples: [
      ["nsbox demo", "every statement, and whether it holds here"],
      ["nsbox demo pid", "why ps still sees the host in a new PID namespace"],
      ["nsbox demo container --step", "a container, assembled step by step"],
    ],
    options: DEMO_OPTIONS,
    load: async () => (await import("./commands/demo.ts")).demoCommand,
  },
  {
    name: "doctor",
    usage: "nsbox doctor [--json]",
    summary: "say what this machine allows, and what to do where it does not",
    about:
      "Makes real boxes and reads the machine's settings. Each finding has its evidence and, where it doesn't hold, what to type or change. Exit code 0 if nsbox run works here with its defaults, 1 if not. Nothing is changed.",
    examples: [
      ["nsbox doctor", "as you are now"],
      ["sudo nsbox doctor", "what root may do here"],
      ["nsbox doctor --json | jq '.findings[] | select(.answer != \"yes\")'", "what does not hold, as data"],
    ],
    options: DOCTOR_OPTIONS,
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    name: "ls",
    usage: "nsbox ls [FLAGS]",
    summary: "list the namespaces of this machine",
    about:
      "Every namespace that you may see, and who is in it: those of all processes, and those without one that a mount, an open file or another namespace holds. What can't be seen is said on stderr.",
    examples: [
      ["nsbox ls", "all of them, as lsns shows them"],
      ["nsbox ls --type net -o +NSFS", "network namespaces, and where they are mounted"],
      ["nsbox ls --pid $$", "those that your shell is in"],
      ["nsbox ls --sort=-nprocs", "the most crowded first"],
      ["nsbox ls --tree", "who owns what, and what descends from what"],
      ["nsbox ls --html machine.html", "the machine on one page: what shares what, and all about each process"],
      ["nsbox ls --dot | dot -Tsvg > machine.svg", "as a drawing"],
    ],
    options: LS_OPTIONS,
    load: async () => (await import("./commands/ls.ts")).lsCommand,
  },
  {
    name: "seccomp",
    usage: "nsbox seccomp check PROFILE SYSCALL [ARGUMENTS]\n       nsbox seccomp dump PROFILE",
    summary: "say what a seccomp profile decides, and show its program",
    about:
      "PROFILE is default, or a .json file as Docker, Podman and OCI runtimes have it. check tells what becomes of a system call, by name or number, and which rule says so; arguments are numbers, and those left out are 0. dump prints the program of BPF that the kernel runs at each call.",
    examples: [
      ["nsbox seccomp check default unshare", "is it allowed, and why not"],
      ["nsbox seccomp check default socket 40 1 0", "with these arguments (AF_VSOCK)"],
      ["nsbox seccomp check profile.json mount --caps sys_admin", "for a box that holds CAP_SYS_ADMIN"],
      ["nsbox seccomp dump default --arch arm64", "the filter of boxes on arm64"],
    ],
    options: SECCOMP_OPTIONS,
    load: async () => (await import("./commands/seccomp.ts")).seccompCommand,
  },
  {
    name: "net",
    usage: "nsbox net create|ls|inspect|rm|connect|disconnect|prune [NAMES] [--json]",
    summary: "make and look after networks for boxes",
    about:
      "A network is a bridge of the host, with subnets of IPv4 and IPv6. Its boxes reach each other, by name where they have one, and the world through the host; other networks do not reach them. run --net bridge:NAME joins one; --net bridge joins the network default, which comes into being by itself. prune clears away what boxes that were killed have left. It takes root; without, there is run --net pasta.",
    examples: [
      ["nsbox net create back --internal", "a network that nothing leads out of"],
      ["nsbox run --net bridge:back --name db -- ./db", "a box in it, which its neighbours call db"],
      ["nsbox net connect back web", "put a box that runs into it, too"],
      ["nsbox net inspect back", "its addresses, and the boxes in it"],
      ["nsbox net rm back", "remove it"],
    ],
    options: NET_OPTIONS,
    load: async () => (await import("./commands/net.ts")).netCommand,
  },
  ...BOX_COMMANDS,
];
