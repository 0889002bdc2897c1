import type { Demo, JoinedNamespace } from "#src/demo/proof.ts";
import type { Step } from "#src/plan/steps.ts";

const COUNT = "echo mounts: $(wc -l </proc/self/mountinfo)";
const FRESH_TMP: readonly Step[] = [
  { kind: "private-mounts" },
  {
    kind: "mount",
    type: "tmpfs",
    destination: "/tmp",
    data: "mode=1777",
    options: { readOnly: false, dev: false, noexec: false },
  },
];

const IN_FIRST: readonly JoinedNamespace[] = [
  { type: "user", of: "first box", by: { kind: "process" } },
  { type: "mnt", of: "first box", by: { kind: "process" } },
];

export const MOUNT_DEMO: Demo = {
  kind: "mount",
  meaning: "what is mounted where",
  manual: "mount_namespaces(7)",
  run: "nsbox run --tmpfs /srv -- findmnt",
  proofs: [
    {
      statement: "A new mount namespace is a copy: it shows the host's mounts until something is mounted in it.",
      looks: [
        { name: "inside", command: COUNT, box: { namespaces: ["mnt"], steps: [] } },
        { name: "outside", command: COUNT },
      ],
      checks: [{ kind: "same", of: "inside", as: "outside" }],
    },
    {
      statement: "What is mounted inside covers what was there, and is not seen outside.",
      looks: [
        {
          name: "inside",
          command: `touch /tmp/of-the-box; ls /tmp\n${COUNT}`,
          box: { namespaces: ["mnt"], steps: FRESH_TMP },
        },
        {
          name: "outside",
          command: `test -e /tmp/of-the-box || echo of-the-box is not here\n${COUNT}`,
        },
      ],
      checks: [
        { kind: "matches", of: "inside", pattern: "^of-the-box\\n", says: "of-the-box alone in /tmp" },
        { kind: "matches", of: "outside", pattern: "^of-the-box is not here", says: "/tmp without it" },
        { kind: "differs", of: "inside", from: "outside" },
      ],
    },
    {
      statement:
        "Where a mount is shared, what is mounted on it spreads to its copies in other namespaces; elsewhere not.",
      looks: [
        {
          name: "first box",
          command:
            "mkdir /tmp/shared /tmp/private\nmount --make-shared -t tmpfs shared /tmp/shared\nmkdir /tmp/shared/a",
          box: { namespaces: ["mnt"], steps: FRESH_TMP },
        },
        {
          name: "second box, a copy of it",
          command: "for on in shared/a private; do\n mount -t tmpfs new /tmp/$on\n touch /tmp/$on/seen\ndone",
          box: { namespaces: ["mnt"], joins: IN_FIRST, steps: [{ kind: "become-root" }] },
        },
        {
          name: "in the first again",
          command: "for on in shared/a private; do\n echo $on: $(ls /tmp/$on)\ndone",
          box: { namespaces: [], joins: IN_FIRST, steps: [{ kind: "become-root" }] },
        },
      ],
      checks: [{ kind: "is", of: "in the first again", text: "shared/a: seen\nprivate:" }],
      needs: ["mount"],
    },
    {
      statement: "A namespace lives on without any process while a mount holds it; setns enters it again.",
      looks: [
        {
          name: "first box",
          command: "ls /tmp",
          box: { namespaces: ["mnt"], steps: [...FRESH_TMP, { kind: "touch", path: "/tmp/held" }] },
        },
        {
          name: "second box",
          command: "readlink /proc/self/ns/uts",
          box: {
            namespaces: ["uts"],
            joins: IN_FIRST,
            steps: [
              { kind: "hostname", name: "beta" },
              { kind: "open-node", source: "/proc/self/ns/uts", node: "its UTS namespace" },
              { kind: "attach-node", node: "its UTS namespace", destination: "/tmp/held", ifPresent: false },
            ],
          },
        },
        {
          name: "third box, the second has ended",
          onceEnded: "second box",
          command: "readlink /proc/self/ns/uts; uname -n",
          box: {
            namespaces: [],
            joins: [
              { type: "user", of: "first box", by: { kind: "process" } },
              { type: "uts", of: "first box", by: { kind: "mount", path: "/tmp/held" } },
            ],
            steps: [],
          },
        },
      ],
      checks: [{ kind: "is", of: "third box, the second has ended", text: "{answer second box}\nbeta" }],
    },
  ],
};
