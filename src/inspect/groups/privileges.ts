// What a process may do beyond its ids: capabilities(7), seccomp(2), no_new_privs, security modules, dumpable.
import { CAPS } from "#ffi/uapi/capability.ts";
import { count, type Group, type Readable, rows, shown } from "./group.ts";
import { keep, mapList } from "./lists.ts";
import { parseHex } from "./net-address.ts";
import { numbersOf, type Status } from "./status.ts";

export const CAPABILITY_SETS = ["effective", "permitted", "inheritable", "bounding", "ambient"] as const;

export type Capabilities = Readonly<Record<(typeof CAPABILITY_SETS)[number], readonly string[]>>;

export interface Confinement {
  readonly seccomp: { readonly mode: "none" | "strict" | "filter"; readonly filters: number };
  readonly noNewPrivs: boolean;
  /** Empty where no security module labels processes. */
  readonly label: Readable<string>;
  /** Whether others of the same user may trace it and read its memory; undefined where that can't be told. */
  readonly dumpable: boolean | undefined;
}

const FIELDS: Readonly<Record<keyof Capabilities, string>> = {
  effective: "CapEff",
  permitted: "CapPrm",
  inheritable: "CapInh",
  bounding: "CapBnd",
  ambient: "CapAmb",
};

export function capabilitiesOf(status: Status): Capabilities {
  const set = (name: keyof Capabilities): readonly string[] => parseCapabilities(status.get(FIELDS[name]));
  return {
    effective: set("effective"),
    permitted: set("permitted"),
    inheritable: set("inheritable"),
    bounding: set("bounding"),
    ambient: set("ambient"),
  };
}

/** "000001ffffffffff" → names in the order of their numbers. */
export function parseCapabilities(hex: string | undefined): readonly string[] {
  if (hex === undefined || hex.length > SET_DIGITS) return [];
  const names: string[] = [];
  for (let at = hex.length - 1, first = 0; at >= 0; at--, first += 4) {
    const digit = parseHex(hex[at]);
    if (digit === undefined) return [];
    for (let bit = 0; bit < 4; bit++)
      if ((digit & (1 << bit)) !== 0) names.push(CAPS[first + bit] ?? `CAP_${first + bit}`);
  }
  return names;
}

/** A set has 64 bits, a digit four. */
const SET_DIGITS = 16;

/** KERNEL: /proc/PID belongs to root where the process is not dumpable, else to its effective user. */
export function isDumpable(owner: number | undefined, effectiveUid: number): boolean | undefined {
  if (owner === undefined || effectiveUid === 0) return undefined;
  return owner === effectiveUid;
}

export function confinementOf(status: Status, rest: Pick<Confinement, "label" | "dumpable">): Confinement {
  const mode = status.get("Seccomp");
  return {
    seccomp: {
      mode: mode === "2" ? "filter" : mode === "1" ? "strict" : "none",
      filters: numbersOf(status.get("Seccomp_filters"))[0] ?? 0,
    },
    noNewPrivs: status.get("NoNewPrivs") === "1",
    ...rest,
  };
}

const SET_MEANING: Readonly<Record<keyof Capabilities, string>> = {
  effective: "what it may do now",
  permitted: "what it may make effective",
  inheritable: "kept over exec where the program's file says so too",
  bounding: "the most that any program it runs can get",
  ambient: "kept over exec of ordinary programs",
};

/** So many missing ones are shorter to name than those that are there. */
const BUT_MAX = 5;

/** "all 41", "all but sys_time", "none", or the names, without CAP_. */
export function explainCapabilities(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const missing = keep(CAPS, (name) => !names.includes(name));
  if (missing.length === 0) return `all ${names.length}`;
  return missing.length <= BUT_MAX ? `all but ${shortNames(missing)}` : shortNames(names);
}

function shortNames(names: readonly string[]): string {
  return mapList(names, (name) => name.replace("CAP_", "").toLowerCase()).join(" ");
}

/** A set that equals one above it is said once. */
export function explainCapabilitySets(capabilities: Capabilities): Group {
  const said = new Map<string, string>();
  const list = mapList(CAPABILITY_SETS, (set) => {
    const value = explainCapabilities(capabilities[set]);
    const same = value === "none" ? undefined : said.get(value);
    said.set(value, same ?? set);
    return { label: set, value: same === undefined ? value : `as ${same}`, note: SET_MEANING[set] };
  });
  return {
    title: "Capabilities",
    meaning: "root's power in pieces; they count only over what its user namespace owns",
    blocks: [rows(...list)],
  };
}

export function explainConfinement({ seccomp, noNewPrivs, label, dumpable }: Confinement): Group {
  const filters = seccomp.mode === "filter" ? count(seccomp.filters, "filter") : seccomp.mode;
  return {
    title: "Confinement",
    meaning: "what holds it back whoever it is",
    blocks: [
      rows(
        { label: "seccomp", value: filters, note: "programs in the kernel that judge each of its system calls" },
        { label: "no_new_privs", value: noNewPrivs ? "on" : "off", note: "on: setuid programs give it nothing" },
        { label: "label", value: shown(label, (text) => text || "none"), note: "by a security module" },
        { label: "dumpable", value: explainDumpable(dumpable), note: "yes: its user may trace it" },
      ),
    ],
  };
}

function explainDumpable(dumpable: boolean | undefined): string {
  return dumpable === undefined ? "can't be told of root's processes" : dumpable ? "yes" : "no";
}
