// ProcessView → groups of text, in the order in which one asks: who, behind which walls, with which powers, seeing what.
import { explainCgroups } from "./groups/cgroups.ts";
import { explainClocks } from "./groups/clocks.ts";
import type { Group } from "./groups/group.ts";
import { explainAge, explainIdentity } from "./groups/identity.ts";
import { explainIds } from "./groups/ids.ts";
import { explainIpc } from "./groups/ipc.ts";
import { explainLimits } from "./groups/limits.ts";
import { explainMounts, explainPlaces } from "./groups/mounts.ts";
import { explainNames } from "./groups/names.ts";
import { explainNamespaces } from "./groups/namespaces.ts";
import { explainNetwork, socketNames } from "./groups/network.ts";
import { explainOpenFiles, socketInode } from "./groups/open-files.ts";
import { explainCapabilitySets, explainConfinement } from "./groups/privileges.ts";
import { explainShort } from "./explain-short.ts";
import type { ProcessView } from "./process-view.ts";
import { renderGroups, type TextOptions } from "./render-groups.ts";

/** The whole view for people; `now` is in milliseconds since 1970. */
export function explainProcess(view: ProcessView, now: number, options: TextOptions): string {
  return `${renderGroups(groupsOf(view, now), options)}\n`;
}

function groupsOf(view: ProcessView, now: number): readonly Group[] {
  const files = "value" in view.openFiles ? view.openFiles.value : [];
  const held: (number | undefined)[] = [];
  for (const { kind, target } of files) if (kind === "socket") held.push(socketInode(target));
  return [
    explainIdentity(view.identity, (ms) => `${timeText(ms)}, ${explainAge(now - ms)} ago`),
    explainShort(view),
    explainNamespaces(view.namespaces),
    explainIds(view.ids),
    explainCapabilitySets(view.capabilities),
    explainConfinement(view.confinement),
    explainNames(view.names),
    explainPlaces(view.places),
    explainMounts(view.mounts),
    explainNetwork(view.network, held),
    explainIpc(view.ipc),
    explainClocks(view.clocks),
    explainCgroups(view.cgroups),
    explainLimits(view.limits),
    explainOpenFiles(view.openFiles, socketNames(view.network)),
  ];
}

/** Of "2026-01-01 12:00:00", without its fraction. */
const DATE_LENGTH = 19;

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().replace("T", " ").slice(0, DATE_LENGTH)} UTC`;
}
