import type { Box, Demo } from "#src/demo/proof.ts";

const DAY = 86_400;
// KERNEL: before 6.3 who has made a time namespace can't vfork, as dash does for a plain command; so both run in a subshell.
const LATER: Box = {
  namespaces: ["time"],
  steps: [{ kind: "time-namespace", monotonic: 0, boottime: 100 * DAY }],
};

export const TIME_DEMO: Demo = {
  kind: "time",
  meaning: "the clocks that count since boot, but not the time of day",
  manual: "time_namespaces(7)",
  run: `nsbox run --boottime ${100 * DAY} -- uptime`,
  proofs: [
    {
      statement: "A box can have been up for longer than its host.",
      looks: [
        { name: "inside", command: "cat /proc/uptime | cut -d' ' -f1", box: LATER },
        { name: "outside", command: "cat /proc/uptime | cut -d' ' -f1" },
      ],
      checks: [{ kind: "ahead", of: "inside", than: "outside", from: 99 * DAY, to: 101 * DAY }],
    },
    {
      statement: "The time of day is the same for all.",
      looks: [
        { name: "inside", command: "echo $(date -u +%s)", box: LATER },
        { name: "outside", command: "echo $(date -u +%s)" },
      ],
      checks: [{ kind: "ahead", of: "outside", than: "inside", from: 0, to: 60 }],
    },
  ],
};
