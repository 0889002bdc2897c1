// The flags of the commands about boxes that live on, a table a command.
import { parseDuration, parseWhole } from "#src/spec/grammar/parse-number.ts";
import { parseSignalName } from "#src/spec/grammar/parse-signal.ts";
import { parseDetachKeys } from "#src/spec/grammar/parse-detach-keys.ts";
import { parseWhen } from "./parse-when.ts";
import { type PsFilter, parsePsFilter } from "./ps-filter.ts";
import type { Option } from "./option.ts";

const OUTPUT = "Output";
const WHAT = "What";

export interface JsonDraft {
  json: boolean;
}

const JSON_OPTION: Option<JsonDraft> = {
  name: "json",
  group: OUTPUT,
  doc: "print it as JSON",
  apply: (d) => {
    d.json = true;
  },
};

export const JSON_OPTIONS: readonly Option<JsonDraft>[] = [JSON_OPTION];

export interface PsDraft extends JsonDraft {
  all: boolean;
  quiet: boolean;
  watch: boolean;
  filters: PsFilter[];
}

export const PS_OPTIONS: readonly Option<PsDraft>[] = [
  {
    name: "all",
    short: "a",
    group: WHAT,
    doc: "those that have ended, too",
    apply: (d) => {
      d.all = true;
    },
  },
  {
    name: "filter",
    value: "KEY=VALUE",
    repeatable: true,
    group: WHAT,
    doc: "name=PART, state=running, label=NAME or label=NAME=VALUE",
    apply: (d, v) => {
      d.filters.push(parsePsFilter(v));
    },
  },
  {
    name: "quiet",
    short: "q",
    group: OUTPUT,
    doc: "names only",
    apply: (d) => {
      d.quiet = true;
    },
  },
  {
    name: "watch",
    group: OUTPUT,
    doc: "print it anew every second, until Ctrl-C",
    apply: (d) => {
      d.watch = true;
    },
  },
  JSON_OPTION,
];

export interface LogsDraft extends JsonDraft {
  follow: boolean;
  tail: number | undefined;
  timestamps: boolean;
  /** In ms since 1970. */
  since: number | undefined;
  until: number | undefined;
}

const LINES_MAX = 1_000_000_000;

export const LOGS_OPTIONS: readonly Option<LogsDraft>[] = [
  {
    name: "follow",
    short: "f",
    group: OUTPUT,
    doc: "go on as the box prints, until it has ended",
    apply: (d) => {
      d.follow = true;
    },
  },
  {
    name: "tail",
    short: "n",
    value: "LINES",
    group: OUTPUT,
    doc: "begin with the last LINES lines",
    apply: (d, v) => {
      d.tail = parseWhole("--tail", v, [0, LINES_MAX]);
    },
  },
  {
    name: "since",
    value: "TIME",
    group: OUTPUT,
    doc: "what was printed from then on: 10m ago, or 2026-01-31T12:00",
    apply: (d, v) => {
      d.since = parseWhen("--since", v, Date.now());
    },
  },
  {
    name: "until",
    value: "TIME",
    group: OUTPUT,
    doc: "what was printed up to then",
    apply: (d, v) => {
      d.until = parseWhen("--until", v, Date.now());
    },
  },
  {
    name: "timestamps",
    short: "t",
    group: OUTPUT,
    doc: "when each line came",
    apply: (d) => {
      d.timestamps = true;
    },
  },
  JSON_OPTION,
];

export interface StopDraft extends JsonDraft {
  timeMs: number;
  signal: number | undefined;
}

export const STOP_OPTIONS: readonly Option<StopDraft>[] = [
  {
    name: "time",
    short: "t",
    value: "TIME",
    group: WHAT,
    doc: "how long the command may take to end (default 10s); then it is killed",
    apply: (d, v) => {
      d.timeMs = v === "0" ? 0 : parseDuration("--time", v);
    },
  },
  {
    name: "signal",
    short: "s",
    value: "SIGNAL",
    group: WHAT,
    doc: "what asks it to end (default TERM)",
    apply: (d, v) => {
      d.signal = parseSignalName("--signal", v);
    },
  },
  JSON_OPTION,
];

export interface KillDraft extends JsonDraft {
  signal: number | undefined;
}

export const KILL_OPTIONS: readonly Option<KillDraft>[] = [
  {
    name: "signal",
    short: "s",
    value: "SIGNAL",
    group: WHAT,
    doc: "by name or number (default KILL, which ends all of the box)",
    apply: (d, v) => {
      d.signal = parseSignalName("--signal", v);
    },
  },
  JSON_OPTION,
];

export interface RmDraft extends JsonDraft {
  force: boolean;
}

export const RM_OPTIONS: readonly Option<RmDraft>[] = [
  {
    name: "force",
    short: "f",
    group: WHAT,
    doc: "kill it if it is running; a box that does not exist is no error",
    apply: (d) => {
      d.force = true;
    },
  },
  JSON_OPTION,
];

export interface AttachDraft extends JsonDraft {
  keys: Uint8Array | undefined;
}

export const ATTACH_OPTIONS: readonly Option<AttachDraft>[] = [
  {
    name: "detach-keys",
    value: "KEYS",
    group: WHAT,
    doc: "what to type to leave the box alone (default ctrl-p,ctrl-q)",
    apply: (d, v) => {
      d.keys = parseDetachKeys("--detach-keys", v);
    },
  },
  JSON_OPTION,
];
