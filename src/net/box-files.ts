// /etc/resolv.conf of a box with a network: the host's name servers, but for those on its loopback.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import type { BoxNetwork, NetworkSettings } from "#src/spec/network.ts";
import { DEFAULT_HOSTNAME } from "#src/spec/defaults.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { hostsText, isLoopback, parseResolvConf, type ResolvConf, resolvText } from "./hosts-text.ts";

const RESOLV = "/etc/resolv.conf";
/** Where systemd-resolved, itself on the loopback, tells of the servers that it asks. */
const RESOLVED = "/run/systemd/resolve/resolv.conf";

/** What the host asks: the first of its files that names a server which a box can reach. */
export function readHostResolv(): ResolvConf {
  const found = [RESOLV, RESOLVED].filter((path) => existsSync(path));
  const parsed = found.map((path) => parseResolvConf(readFileSync(path, "utf8")));
  const usable = parsed.find(({ nameservers }) => nameservers.some((address) => !isLoopback(address)));
  return usable ?? { nameservers: [], search: [], options: [] };
}

/** The file's text, and where it is: on many hosts it is a link into /run, which a box has of its own. */
export function buildResolv(settings: NetworkSettings, rootIsHost: boolean): BoxNetwork["resolv"] {
  const path = rootIsHost && existsSync(RESOLV) ? realpathSync(RESOLV) : RESOLV;
  return { path, content: resolvText(readHostResolv(), settings.dns, settings.dnsSearch) };
}

/** /etc/hosts of a box without neighbours. */
export function ownHosts({ hostname, name, network }: Pick<RunOptions, "hostname" | "name" | "network">): string {
  return hostsText([{ name: hostname ?? name ?? DEFAULT_HOSTNAME, ip: "127.0.1.1" }], network.addHosts);
}
