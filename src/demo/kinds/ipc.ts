import type { Demo } from "#src/demo/proof.ts";

export const IPC_DEMO: Demo = {
  kind: "ipc",
  meaning: "System V queues, semaphores and shared memory, and POSIX queues",
  manual: "ipc_namespaces(7)",
  run: "nsbox run -- ipcs",
  proofs: [
    {
      statement: "What is made inside has numbers of its own, and is not seen outside.",
      needs: ["ipcmk"],
      looks: [
        { name: "outside, before", command: "tail -n +2 /proc/sysvipc/msg | wc -l" },
        {
          name: "inside",
          command: "ipcmk -Q >/dev/null; ipcmk -Q >/dev/null\ntail -n +2 /proc/sysvipc/msg | wc -l",
          box: { namespaces: ["ipc"], steps: [] },
        },
        { name: "outside", command: "tail -n +2 /proc/sysvipc/msg | wc -l" },
        {
          name: "second box",
          command: "tail -n +2 /proc/sysvipc/msg | wc -l",
          box: { namespaces: ["ipc"], steps: [] },
        },
      ],
      checks: [
        { kind: "is", of: "inside", text: "2" },
        { kind: "same", of: "outside", as: "outside, before" },
        { kind: "is", of: "second box", text: "0" },
      ],
    },
  ],
};
