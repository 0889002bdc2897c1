import type { Box, Demo } from "#src/demo/proof.ts";

const ALONE: Box = { namespaces: [], steps: [] };

export const USER_DEMO: Demo = {
  kind: "user",
  meaning: "ids and capabilities",
  manual: "user_namespaces(7)",
  run: "nsbox run -- id",
  proofs: [
    {
      statement: "uid 0 inside is an ordinary user outside.",
      looks: [
        { name: "inside", command: "id -u", box: ALONE },
        { name: "outside", command: "stat -c %u /proc/{pid inside}" },
      ],
      checks: [
        { kind: "is", of: "inside", text: "0" },
        { kind: "is", of: "outside", text: "{uid}" },
      ],
    },
    {
      statement: "The id map says which ids there are; every other one is seen as nobody's (65534).",
      looks: [
        { name: "inside", command: "cat /proc/self/uid_map\nstat -c %u /proc/1", box: ALONE },
        { name: "outside", command: "cat /proc/self/uid_map\nstat -c %u /proc/1" },
      ],
      checks: [{ kind: "matches", of: "inside", pattern: "^\\s*0\\s+{uid}\\s+1\\n65534$", says: "PID 1 as 65534's" }],
    },
    {
      statement: "Root inside has every capability, but over what belongs to its user namespace only.",
      looks: [
        {
          name: "inside",
          command: 'grep CapEff /proc/self/status\nhostname "$(uname -n)" && echo renamed',
          box: ALONE,
        },
        {
          name: "inside, with a UTS namespace of its own",
          command: 'hostname "$(uname -n)" && echo renamed',
          box: { namespaces: ["uts"], steps: [] },
        },
      ],
      needs: ["hostname"],
      checks: [
        {
          kind: "matches",
          of: "inside",
          pattern: "^CapEff:\\t0*[137]?f+\\n(?!renamed)",
          says: "all of them, and a refusal",
        },
        { kind: "is", of: "inside, with a UTS namespace of its own", text: "renamed" },
      ],
    },
  ],
};
