// `exec --net NAME` and its like: namespaces that have a file, entered alone or in place of those of a box or PID.
import { readlinkSync } from "node:fs";
import { resolveNames } from "#src/cli/pin-names.ts";
import { NsboxError } from "#src/error.ts";
import { JOIN_ORDER } from "#src/plan/build-plan.ts";
import type { ExecOptions } from "#src/spec/build-exec.ts";
import type { NamespaceOption } from "#src/spec/options.ts";
import type { NamespaceType } from "#src/spec/spec.ts";

export interface Join {
  readonly type: NamespaceType;
  readonly path: string;
  /** The process that it was named by. */
  readonly pid: number | undefined;
}

export interface Joins {
  /** In the order in which they are entered. */
  readonly list: readonly Join[];
  /** They belong to a user namespace of their own, and only who is in that may enter them. */
  readonly owned: boolean;
}

/** Of a process that is entered, its user namespace goes before a pin's: see D-50. */
export function resolveJoins({ joins, namespaces }: ExecOptions, pid: number | undefined): Joins {
  const resolved = resolveNames(joins, []);
  const owned = resolved.user !== undefined && joins.user === undefined;
  const entersUser = pid !== undefined && (namespaces?.includes("user") ?? true) && hasOtherUser(pid);
  const list = JOIN_ORDER.flatMap((type): readonly Join[] => {
    const option = resolved[type];
    if (option === undefined || (type === "user" && owned && entersUser)) return [];
    if (namespaces?.includes(type) === true && joins[type] !== undefined) throw twice(type);
    return [{ type, path: pathOf(type, option), pid: option.kind === "pid" ? option.pid : undefined }];
  });
  return { list, owned };
}

function pathOf(type: NamespaceType, option: NamespaceOption): string {
  if (option.kind === "path") return option.path;
  if (option.kind === "pid") return `/proc/${option.pid}/ns/${type}`;
  const word = option.kind === "network" || option.kind === "box" ? "for a network" : option.kind;
  throw new NsboxError("EUSAGE", `Cannot use ${flagOf(type)} ${word}: exec enters what there is, and makes nothing`, {
    hint:
      option.kind === "host"
        ? "what is not entered stays yours: leave the flag out, or say with --ns what of a PID to enter"
        : `nsbox run ${flagOf(type)} makes it; nsbox ns ls lists what is kept under a name`,
  });
}

function twice(type: NamespaceType): NsboxError {
  const message = `Cannot use --ns ${type} with ${flagOf(type)}: they say two things of one namespace`;
  return new NsboxError("EUSAGE", message, { hint: `leave ${type} out of --ns` });
}

/** The flag of a type. */
export function flagOf(type: NamespaceType): string {
  return type === "user" ? "--userns" : `--${type}`;
}

function hasOtherUser(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync("/proc/self/ns/user");
  } catch (error) {
    // Who may not look can't enter either, which is said where that is tried.
    if (error instanceof Error && "code" in error) return true;
    throw error;
  }
}
