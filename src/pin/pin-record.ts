// What is kept of a pin beside the namespaces themselves: a file of JSON, believed only where the kernel agrees.
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import type { ProcessIdentity } from "#src/state/process-life.ts";

/** What keeps the namespaces alive: mounts of their files, or a process in them. */
export type PinHolder = { readonly kind: "mount" } | ({ readonly kind: "process" } & ProcessIdentity);

export interface PinnedNamespace {
  readonly type: NamespaceType;
  readonly inode: number;
}

export interface PinRecord {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  readonly holder: PinHolder;
  /** None while the pin is being made: then the holder is all that there is to let go. */
  readonly namespaces: readonly PinnedNamespace[];
}

/** The record that a file's JSON is; undefined if it is none. */
export function parsePinRecord(value: unknown): PinRecord | undefined {
  if (!isObject(value) || value["version"] !== 1 || !isWhole(value["madeAt"])) return undefined;
  const holder = parseHolder(value["holder"]);
  const namespaces = parseNamespaces(value["namespaces"]);
  if (holder === undefined || namespaces === undefined) return undefined;
  return { version: 1, madeAt: value["madeAt"], holder, namespaces };
}

function parseHolder(value: unknown): PinHolder | undefined {
  if (!isObject(value)) return undefined;
  const { kind, pid, startTicks } = value;
  if (kind === "mount") return { kind };
  return kind === "process" && isWhole(pid) && pid > 0 && isWhole(startTicks) ? { kind, pid, startTicks } : undefined;
}

function parseNamespaces(value: unknown): readonly PinnedNamespace[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const namespaces = value.flatMap((one: unknown): readonly PinnedNamespace[] => {
    if (!isObject(one) || !isWhole(one["inode"])) return [];
    const type = NAMESPACE_TYPES.find((known) => known === one["type"]);
    return type === undefined ? [] : [{ type, inode: one["inode"] }];
  });
  const types = new Set(namespaces.map(({ type }) => type));
  return namespaces.length === value.length && types.size === value.length ? namespaces : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
