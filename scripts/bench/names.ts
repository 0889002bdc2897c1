// What is measured, by the names that tables and targets give it. Pure.

type NameKey =
  | ("ready" | "first" | "second" | "compiled" | "compiledOpen" | "compiledLimit" | "limit" | "bwrap" | "unshare")
  | ("empty" | "firejail" | "runc" | "crun" | "ls" | "lsns" | "inspect");

/** The names that targets refer to. */
export const NAMES: Readonly<Record<NameKey, string>> = {
  ready: "nsbox run, ready",
  first: "nsbox run, the first time",
  second: "nsbox run, the second time",
  compiled: "compiled box",
  compiledOpen: "compiled box, as open as bwrap's",
  compiledLimit: "compiled box, calls of limit.c",
  limit: "limit.c, one box",
  bwrap: "bwrap --unshare-all",
  unshare: "unshare -Urmpfinu -C",
  empty: "empty Bun program",
  firejail: "firejail --noprofile",
  runc: "runc run",
  crun: "crun run",
  ls: "nsbox ls",
  lsns: "lsns",
  inspect: "nsbox inspect",
};
