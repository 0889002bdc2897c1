import type { Box, Demo } from "#src/demo/proof.ts";

const NAMED: Box = { namespaces: ["uts"], steps: [{ kind: "hostname", name: "alpha" }] };

export const UTS_DEMO: Demo = {
  kind: "uts",
  meaning: "the host name and the NIS domain name",
  manual: "uts_namespaces(7)",
  run: "nsbox run --hostname alpha -- uname -n",
  proofs: [
    {
      statement: "A box names its host for itself: outside the name stays what it was.",
      looks: [
        { name: "inside", command: "uname -n", box: NAMED },
        { name: "outside", command: "uname -n" },
      ],
      checks: [
        { kind: "is", of: "inside", text: "alpha" },
        { kind: "differs", of: "outside", from: "inside" },
      ],
    },
    {
      statement: "A namespace lives on without any process while an open file holds it; setns enters it again.",
      looks: [
        { name: "first box", command: "readlink /proc/self/ns/uts", box: NAMED, keeps: ["user", "uts"] },
        {
          name: "first box has ended",
          command: "test -e /proc/{pid first box} || echo gone",
          onceEnded: "first box",
        },
        {
          name: "second box",
          command: "readlink /proc/self/ns/uts; uname -n",
          box: {
            namespaces: [],
            joins: [
              { type: "user", of: "first box", by: { kind: "open file" } },
              { type: "uts", of: "first box", by: { kind: "open file" } },
            ],
            steps: [],
          },
        },
      ],
      checks: [
        { kind: "is", of: "first box has ended", text: "gone" },
        { kind: "is", of: "second box", text: "{answer first box}\nalpha" },
      ],
    },
  ],
};
