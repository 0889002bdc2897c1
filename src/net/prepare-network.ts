// --net bridge, pasta, macvlan, ipvlan: what has to stand on the host before the box is planned.
import type { NetworkOption } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { NetworkSession } from "./network-session.ts";
import { describeBridges, prepareBridges } from "./prepare-bridges.ts";
import { prepareHelper, type SpawnHelper } from "./prepare-helper.ts";
import { prepareSubLink } from "./prepare-sub-link.ts";

/** Gets a box's network ready. Throws NsboxError, and then has left nothing. */
export function prepareNetwork(option: NetworkOption, options: RunOptions, spawn: SpawnHelper): NetworkSession {
  switch (option.kind) {
    case "bridge":
      return options.dryRun ? describeBridges(option.names, options) : prepareBridges(option.names, options);
    case "pasta":
      return prepareHelper(options, spawn);
    case "macvlan":
    case "ipvlan":
      return prepareSubLink(option.kind, option.parent, options);
  }
}
