import type { Demo } from "#src/demo/proof.ts";

const COUNT = "set -- /proc/[0-9]*; echo processes: $#";

export const PID_DEMO: Demo = {
  kind: "pid",
  meaning: "process numbers",
  manual: "pid_namespaces(7)",
  run: "nsbox run -- ps ax",
  proofs: [
    {
      statement: "The first process is 1 inside, and has another number outside.",
      looks: [
        { name: "inside", command: "echo $$", box: { namespaces: ["pid"], steps: [] } },
        { name: "outside", command: "grep NSpid /proc/{pid inside}/status" },
      ],
      checks: [
        { kind: "is", of: "inside", text: "1" },
        {
          kind: "matches",
          of: "outside",
          pattern: "^NSpid:\\s{pid inside}\\s1$",
          says: "both numbers of that process",
        },
      ],
    },
    {
      statement: "ps reads /proc: in a new PID namespace it still sees the host's processes.",
      looks: [
        {
          name: "inside",
          command: `${COUNT}\ntest -e /proc/{nsbox} && echo nsbox is seen`,
          box: { namespaces: ["pid"], steps: [] },
        },
        { name: "outside", command: `${COUNT}\ntest -e /proc/{nsbox} && echo nsbox is seen` },
      ],
      checks: [{ kind: "matches", of: "inside", pattern: "nsbox is seen$", says: "nsbox itself" }],
    },
    {
      statement: "Once /proc is mounted anew, it shows the processes of that PID namespace only.",
      looks: [
        {
          name: "inside",
          command: `${COUNT}\ntest -e /proc/{nsbox} || echo nsbox is not seen`,
          box: {
            namespaces: ["pid", "mnt"],
            steps: [
              { kind: "private-mounts" },
              {
                kind: "mount",
                type: "proc",
                destination: "/proc",
                data: "",
                options: { readOnly: false, dev: false, noexec: true },
              },
            ],
          },
        },
        { name: "outside", command: COUNT },
      ],
      checks: [{ kind: "is", of: "inside", text: "processes: 1\nnsbox is not seen" }],
    },
    {
      statement: "When its first process ends, the kernel ends all others of a PID namespace.",
      looks: [
        {
          name: "inside",
          command: "sleep 1000 >/dev/null 2>&1 &\necho a child is $!",
          box: { namespaces: ["pid"], steps: [] },
        },
        { name: "outside", command: "cat /proc/{pid inside}/task/{pid inside}/children" },
        {
          name: "1 has been killed",
          command: "test -e /proc/{answer outside} || echo its child is gone",
          onceEnded: "inside",
        },
      ],
      checks: [
        { kind: "matches", of: "outside", pattern: "^\\d+$", says: "the child's number outside" },
        { kind: "is", of: "1 has been killed", text: "its child is gone" },
      ],
    },
  ],
};
