// A container, assembled: each stage is the one before and a few steps more.
import type { Box, Demo } from "#src/demo/proof.ts";
import type { Step } from "#src/plan/steps.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";

const PLAIN = { readOnly: false, dev: false, noexec: false } as const;

/** Opened before the root changes, attached after it. */
interface Stage {
  readonly sources: readonly Step[];
  readonly inside: readonly Step[];
}

const IDENTITY: readonly Step[] = [{ kind: "hostname", name: "container" }, { kind: "loopback" }];

const ROOT: Stage = {
  sources: [
    { kind: "private-mounts" },
    { kind: "new-filesystem", type: "tmpfs", tree: "root", config: [["mode", "0755"]], options: PLAIN },
    { kind: "open-tree", source: "/usr", tree: "usr", options: { ...PLAIN, readOnly: true } },
  ],
  inside: [
    { kind: "pivot", tree: "root", staged: 0, leaveChroot: false },
    { kind: "mkdir", path: "/usr", mode: 0o755 },
    { kind: "attach", tree: "usr", destination: "/usr", ifPresent: false },
    ...["bin", "lib", "lib64"].map((name): Step => ({ kind: "symlink", target: `usr/${name}`, path: `/${name}` })),
  ],
};

const PROC: Stage = {
  sources: [{ kind: "new-filesystem", type: "proc", tree: "proc", config: [], options: { ...PLAIN, noexec: true } }],
  inside: [
    { kind: "mkdir", path: "/proc", mode: 0o555 },
    { kind: "attach", tree: "proc", destination: "/proc", ifPresent: false },
  ],
};

const PRIVILEGES: readonly Step[] = [
  { kind: "no-new-privs" },
  { kind: "bounding", capabilities: DEFAULT_CAPABILITIES },
];

/** The stages so far, each call in its place. */
function container(stages: readonly Stage[], last: readonly Step[] = []): Box {
  return {
    namespaces: ["mnt", "pid", "ipc", "uts", "net", "cgroup"],
    steps: [
      ...IDENTITY,
      ...stages.flatMap(({ sources }) => sources),
      ...stages.flatMap(({ inside }) => inside),
      ...last,
    ],
  };
}

const COUNT = "set -- /proc/[0-9]*; echo processes: $#";

export const CONTAINER_DEMO: Demo = {
  kind: "container",
  meaning: "all of them together, and what else it takes",
  manual: "namespaces(7), pivot_root(2), capabilities(7)",
  run: "nsbox run --root DIR -- sh",
  proofs: [
    {
      statement: "1. New namespaces: another name and network, but still the host's files and its /proc.",
      looks: [
        { name: "inside", command: `uname -n\necho $(ls /)\n${COUNT}`, box: container([]) },
        { name: "outside", command: `uname -n\necho $(ls /)\n${COUNT}` },
      ],
      checks: [
        { kind: "matches", of: "inside", pattern: "^container\\n", says: "its own name" },
        { kind: "differs", of: "outside", from: "inside" },
      ],
    },
    {
      statement: "2. A root file system, and pivot_root: what is not in it is gone. There is no /proc yet.",
      looks: [
        { name: "inside", command: "echo $(ls /)\nls /proc", box: container([ROOT]) },
        { name: "outside", command: "echo $(ls /)" },
      ],
      checks: [
        {
          kind: "matches",
          of: "inside",
          pattern: "^bin lib lib64 usr\\n.*No such file",
          says: "the new root, no /proc",
        },
      ],
    },
    {
      statement: "3. /proc is mounted anew: it shows the container's processes, of which the first is 1.",
      looks: [
        { name: "inside", command: `${COUNT}\necho $$\necho $(ls /)`, box: container([ROOT, PROC]) },
        { name: "outside", command: `${COUNT}\necho $$\necho $(ls /)` },
      ],
      checks: [{ kind: "is", of: "inside", text: "processes: 1\n1\nbin lib lib64 proc usr" }],
    },
    {
      statement: "4. Root inside gives up what a container does not need: it can't mount any more.",
      looks: [
        {
          name: "before",
          command: "mount -t tmpfs none /usr/src && echo mounted",
          box: container([ROOT, PROC]),
        },
        {
          name: "after",
          command: "mount -t tmpfs none /usr/src && echo mounted",
          box: container([ROOT, PROC], PRIVILEGES),
        },
      ],
      needs: ["mount"],
      checks: [
        { kind: "is", of: "before", text: "mounted" },
        { kind: "matches", of: "after", pattern: "denied|superuser|not permitted", says: "a refusal" },
      ],
    },
  ],
};
