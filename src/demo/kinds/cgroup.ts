import type { Demo } from "#src/demo/proof.ts";

export const CGROUP_DEMO: Demo = {
  kind: "cgroup",
  meaning: "which cgroup is seen as the root of them all",
  manual: "cgroup_namespaces(7)",
  run: "nsbox run -- cat /proc/self/cgroup",
  proofs: [
    {
      statement: "The cgroup that a box was made in is the root of all that it sees.",
      looks: [
        {
          name: "inside",
          command: "cut -d: -f3 /proc/self/cgroup | sort -u",
          box: { namespaces: ["cgroup"], steps: [] },
        },
        { name: "the same process, outside", command: "cut -d: -f3 /proc/{pid inside}/cgroup | sort -u" },
      ],
      checks: [{ kind: "is", of: "inside", text: "/" }],
    },
    {
      statement: "It is a view and no limit: the box stays in the same cgroups as before.",
      looks: [
        {
          name: "inside",
          command: "readlink /proc/self/ns/cgroup",
          box: { namespaces: ["cgroup"], steps: [] },
        },
        { name: "the box, outside", command: "cksum </proc/{pid inside}/cgroup" },
        { name: "nsbox, outside", command: "cksum </proc/{nsbox}/cgroup" },
      ],
      checks: [{ kind: "same", of: "the box, outside", as: "nsbox, outside" }],
    },
  ],
};
