// --cap-add, --cap-drop and the user → the five sets of capabilities(7). Pure.
import { CAPS } from "#ffi/uapi/capability.ts";
import { DEFAULT_CAPABILITIES } from "./defaults.ts";
import type { RunOptions } from "./options.ts";
import type { Capabilities } from "./spec.ts";

/** What the command holds. They are capabilities over the box's own namespaces where it has a user namespace. */
export function buildCapabilities(uid: number, { capAdd, capDrop, noNamespaces }: RunOptions): Capabilities {
  // SECURITY: without a user namespace root's capabilities would hold over the whole machine.
  const bounding = boundingSet(capAdd, noNamespaces ? ["ALL", ...capDrop] : capDrop);
  // SECURITY: nothing is inheritable for root, or a file's inheritable set would add to it (CVE-2022-24769).
  if (uid === 0) return { bounding, effective: bounding, permitted: bounding, inheritable: [], ambient: [] };
  // Another user holds what was asked for by name, through the ambient set, since exec would clear all others.
  const held = capAdd.includes("ALL")
    ? bounding
    : capAdd.length === 0
      ? []
      : bounding.filter((name) => capAdd.includes(name));
  return { bounding, effective: held, permitted: held, inheritable: held, ambient: held };
}

/** As Docker has it: a name that is dropped and added is held, unless all but it was added. */
function boundingSet(add: readonly string[], drop: readonly string[]): readonly string[] {
  if (add.length === 0 && drop.length === 0) return DEFAULT_CAPABILITIES;
  if (add.includes("ALL")) return drop.includes("ALL") ? CAPS : CAPS.filter((name) => !drop.includes(name));
  const base = drop.includes("ALL") ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
  return CAPS.filter((name) => base.includes(name) || add.includes(name));
}
