// Commands about boxes that live on, a row each.
import {
  ATTACH_OPTIONS,
  JSON_OPTIONS,
  KILL_OPTIONS,
  LOGS_OPTIONS,
  PS_OPTIONS,
  RM_OPTIONS,
  STOP_OPTIONS,
} from "./box-options.ts";
import { EXEC_OPTIONS } from "./exec-options.ts";
import type { Command } from "./commands.ts";

export const BOX_COMMANDS: readonly Command[] = [
  {
    name: "ps",
    usage: "nsbox ps [FLAGS]",
    summary: "list the boxes that live on",
    about:
      "Boxes started with nsbox run -d that are running. A box counts as running while exactly its init is: a PID that came back is not taken for it.",
    examples: [
      ["nsbox ps", "those that are running"],
      ["nsbox ps -a --filter label=tier=web", "those of one label, ended ones too"],
      ["nsbox rm -f $(nsbox ps -aq)", "remove them all"],
    ],
    options: PS_OPTIONS,
    load: async () => (await import("./commands/ps.ts")).psCommand,
  },
  {
    name: "exec",
    usage:
      "nsbox exec [FLAGS] BOX|PID [--] COMMAND [ARGUMENTS]\n       nsbox exec --net NAME [--uts NAME …] -- COMMAND [ARGUMENTS]",
    summary: "run a command in a box, or in the namespaces of a process",
    about:
      "In a box: in all of its namespaces, with its capabilities, Landlock and filter, as its user; never freer than the box unless that is asked for. Beside a PID: in its namespaces and cgroup, with its ids, capabilities and no_new_privs. With -- in place of BOX or PID: in the namespaces that flags name and nothing else, as ip netns exec and nsenter --net=FILE do.",
    examples: [
      ["nsbox exec -t web sh", "a shell in the box web"],
      ["nsbox exec -e DEBUG=1 web ./check", "with one more variable"],
      ["nsbox exec --ns net 4711 ss -tln", "what a process listens on, with your own tools"],
      ["nsbox exec --net web -- ip address", "your own tools in a network that nsbox ns pin keeps"],
      ["nsbox exec --net web 4711 sh", "in all that isolates 4711, but with that network"],
      ["nsbox exec $(podman inspect -f '{{.State.Pid}}' c1) sh", "in a container that nsbox did not start"],
    ],
    options: EXEC_OPTIONS,
    takesCommand: true,
    load: async () => (await import("./commands/exec.ts")).execCommand,
  },
  {
    name: "logs",
    usage: "nsbox logs BOX [FLAGS]",
    summary: "show what a box printed",
    about:
      "stdout and stderr, as they are and in the order in which they came; with the time of each line where that is asked for. How much of it is kept says nsbox run --log-size.",
    examples: [
      ["nsbox logs web", "all of it"],
      ["nsbox logs -f --tail 20 web", "the last lines, and what comes"],
      ["nsbox logs --timestamps --since 10m web", "the last ten minutes, with times"],
    ],
    options: LOGS_OPTIONS,
    load: async () => (await import("./commands/logs.ts")).logsCommand,
  },
  {
    name: "attach",
    usage: "nsbox attach BOX [FLAGS]",
    summary: "sit down at the terminal of a box that lives on",
    about:
      "Of a box started with run -dt. Several may be attached at once. Its exit code is the box's, if that ends meanwhile.",
    examples: [
      ["nsbox run -dt --name edit -- vi notes", "a box with a terminal that nobody sits at"],
      ["nsbox attach edit", "sit down; Ctrl-P Ctrl-Q to leave"],
    ],
    options: ATTACH_OPTIONS,
    load: async () => (await import("./commands/attach.ts")).attachCommand,
  },
  {
    name: "stop",
    usage: "nsbox stop BOX… [FLAGS]",
    summary: "ask boxes to end, then end them",
    about:
      "SIGTERM to the command, and SIGKILL to all of the box where the time passes without effect. --restart does not start it again.",
    examples: [
      ["nsbox stop web", "within ten seconds"],
      ["nsbox stop --time 1m --signal INT web", "with a signal of its own"],
    ],
    options: STOP_OPTIONS,
    load: async () => (await import("./commands/stop.ts")).stopCommand,
  },
  {
    name: "kill",
    usage: "nsbox kill BOX… [FLAGS]",
    summary: "send boxes a signal",
    about: "SIGKILL, if nothing is said, ends every process of the box; another signal goes to its command.",
    examples: [
      ["nsbox kill web", "end it at once"],
      ["nsbox kill --signal HUP web", "let it read its configuration anew"],
    ],
    options: KILL_OPTIONS,
    load: async () => (await import("./commands/kill.ts")).killCommand,
  },
  {
    name: "wait",
    usage: "nsbox wait BOX…",
    summary: "wait until boxes have ended",
    about: "Prints the exit code of each: the command's own, or 128+N if signal N ended it.",
    examples: [
      ["nsbox wait web", "until web has ended"],
      ["exit $(nsbox wait web)", "and end likewise"],
    ],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/wait.ts")).waitCommand,
  },
  {
    name: "pause",
    usage: "nsbox pause BOX…",
    summary: "let every process of a box stand still",
    about:
      "All of the box is frozen, where it has a cgroup of its own; else each process is stopped (SIGSTOP), its init too. nsbox resume lets them go on.",
    examples: [
      ["nsbox pause web", "until nsbox resume web"],
      ["nsbox ps --filter state=paused", "which ones are"],
    ],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/pause.ts")).pauseCommand,
  },
  {
    name: "resume",
    usage: "nsbox resume BOX…",
    summary: "let a paused box go on",
    about:
      "What was frozen goes on as if nothing had been; where that was done by signals (SIGCONT), those too that had stopped themselves.",
    examples: [["nsbox resume web", "after nsbox pause web"]],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/pause.ts")).resumeCommand,
  },
  {
    name: "top",
    usage: "nsbox top BOX",
    summary: "list the processes of a box",
    about: "Every process in the box's PID namespace, by its PID outside and inside.",
    examples: [
      ["nsbox top web", "its processes"],
      ["nsbox top web --json", "as data"],
    ],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/top.ts")).topCommand,
  },
  {
    name: "port",
    usage: "nsbox port BOX|PID [PORT[/udp]] [--json]",
    summary: "show which ports of the host lead to a box",
    about:
      "Ports published with run -p, of boxes that live on and of those in the foreground. With PORT, one of the box, only the addresses that lead to it.",
    examples: [
      ["nsbox port web", "all of them: 80/tcp -> 0.0.0.0:8080"],
      ["nsbox port web 53/udp", "where to reach its port 53"],
    ],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/port.ts")).portCommand,
  },
  {
    name: "cp",
    usage: "nsbox cp BOX:PATH PATH|- | nsbox cp PATH|- BOX:PATH",
    summary: "copy files into a box, and out of it",
    about:
      "Files, folders and links, as cp -r; - is an archive of tar, on stdin or stdout. Links on the way are resolved inside the box. What is read-only there stays so; set-user-ID bits, devices and sockets are left out.",
    examples: [
      ["nsbox cp web:/var/log/app .", "a folder of the box into this one"],
      ["nsbox cp web:/var/log - | gzip > log.tar.gz", "a folder of the box as an archive of tar"],
      ["tar -c site | nsbox cp - web:/srv", "what tar packs, into a folder of the box"],
      ["nsbox cp config.toml web:/tmp/", "a file into the box"],
    ],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/cp.ts")).cpCommand,
  },
  {
    name: "rename",
    usage: "nsbox rename BOX NAME",
    summary: "give a box another name",
    about: "Its host name inside stays as it is.",
    examples: [["nsbox rename quiet-otter web", "a name to remember"]],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/rename.ts")).renameCommand,
  },
  {
    name: "rm",
    usage: "nsbox rm BOX… [FLAGS]",
    summary: "remove boxes that have ended",
    about: "What is kept of a box goes: its log, and how it ended.",
    examples: [
      ["nsbox rm web", "one that has ended"],
      ["nsbox rm -f web", "whatever it is doing"],
    ],
    options: RM_OPTIONS,
    load: async () => (await import("./commands/rm.ts")).rmCommand,
  },
  {
    name: "prune",
    usage: "nsbox prune",
    summary: "remove every box that has ended",
    about: "What is kept of them goes: logs, and how they ended.",
    examples: [["nsbox prune", "tidy up"]],
    options: JSON_OPTIONS,
    load: async () => (await import("./commands/prune.ts")).pruneCommand,
  },
];
