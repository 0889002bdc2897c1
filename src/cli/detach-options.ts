// The flags of `run` that are about boxes that live on, a row each.
import { parseLabel, parseLogSize, parseRestart } from "#src/spec/grammar/parse-detach.ts";
import { parseWhole } from "#src/spec/grammar/parse-number.ts";
import { parseName } from "#src/spec/grammar/parse-identity.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";

/** What the kernel numbers processes up to, see proc_sys_kernel(5). */
const PIDS_MAX = 4_194_304;
const DETACHED = "Boxes that live on";

export const DETACH_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "name",
    value: "NAME",
    group: "Process",
    doc: "what the box is called; also its host name",
    apply: (d, v) => {
      d.name = parseName(v);
    },
  },
  {
    name: "detach",
    short: "d",
    group: DETACHED,
    doc: "come back at once and print the box's name; it lives on",
    apply: (d) => {
      d.detach = true;
    },
  },
  {
    name: "rm",
    group: DETACHED,
    doc: "with -d: keep nothing of the box once it has ended",
    apply: (d) => {
      d.rm = true;
    },
  },
  {
    name: "label",
    value: "NAME[=VALUE]",
    repeatable: true,
    group: DETACHED,
    doc: "with -d: a word about the box, for nsbox ps --filter",
    apply: (d, v) => {
      d.labels.push(parseLabel(v));
    },
  },
  {
    name: "restart",
    value: "WHEN",
    group: DETACHED,
    doc: "with -d: start it again: no (default), always, on-failure[:N]",
    apply: (d, v) => {
      d.restart = parseRestart(v);
    },
  },
  {
    name: "log",
    value: "FILE",
    group: DETACHED,
    doc: "with -d: where output goes, or none (default: nsbox logs has it)",
    apply: (d, v) => {
      d.log = parsePath("--log", v);
    },
  },
  {
    name: "log-size",
    value: "SIZE",
    group: DETACHED,
    doc: "with -d: keep this much of it (default 10m), or unlimited",
    apply: (d, v) => {
      d.logSize = parseLogSize(v);
    },
  },
  {
    name: "pids",
    value: "N",
    group: DETACHED,
    doc: "with -d: at most N processes and threads, by a cgroup",
    apply: (d, v) => {
      d.pidsLimit = parseWhole("--pids", v, [1, PIDS_MAX]);
    },
  },
];
