// What `inspect` knows of a process: the shape of its --json, which docs/inspect.md documents. Names are stable.
import type { CgroupView } from "./groups/cgroups.ts";
import type { ClockOffset } from "./groups/clocks.ts";
import type { Readable } from "./groups/group.ts";
import type { Identity } from "./groups/identity.ts";
import type { Ids } from "./groups/ids.ts";
import type { Ipc } from "./groups/ipc.ts";
import type { Limit } from "./groups/limits.ts";
import type { MountView, Places } from "./groups/mounts.ts";
import type { Names } from "./groups/names.ts";
import type { Namespaces } from "./groups/namespaces.ts";
import type { Network } from "./groups/network.ts";
import type { OpenFile } from "./groups/open-files.ts";
import type { Capabilities, Confinement } from "./groups/privileges.ts";

/** All that isolates a process, a group each. */
export interface ProcessView {
  readonly identity: Identity;
  readonly namespaces: Namespaces;
  readonly ids: Ids;
  readonly capabilities: Capabilities;
  readonly confinement: Confinement;
  readonly names: Readable<Names>;
  readonly places: Places;
  readonly mounts: Readable<readonly MountView[]>;
  readonly network: Network;
  readonly ipc: Ipc;
  readonly clocks: Readable<readonly ClockOffset[]>;
  readonly cgroups: Readable<readonly CgroupView[]>;
  readonly limits: Readable<readonly Limit[]>;
  readonly openFiles: Readable<readonly OpenFile[]>;
}

/** As JSON; what is not known is null, so that every name is always there. */
export function processJson(view: ProcessView, indent?: number): string {
  return JSON.stringify(view, (_, value: unknown) => (value === undefined ? null : value), indent);
}
