// The flags of `run` that say what the box's network is like.
import {
  parseAddress,
  parseAnyIp,
  parseHostEntry,
  parseMacAddress,
  parseMtu,
  parsePublish,
  parseSearchDomain,
} from "#src/spec/grammar/parse-network.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";

const GROUP = "Network (with --net bridge, pasta, macvlan or ipvlan)";

export const NETWORK_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "publish",
    short: "p",
    value: "[IP:]HOST:BOX[/udp]",
    repeatable: true,
    group: GROUP,
    doc: "a port of the host that leads to one of the box",
    apply: (d, v) => {
      d.network.publish.push(parsePublish("--publish", v));
    },
  },
  {
    name: "ip",
    value: "ADDRESS",
    group: GROUP,
    doc: "its IPv4 address (with /PREFIX for macvlan and ipvlan)",
    apply: (d, v) => {
      d.network.ip = parseAddress("--ip", v, 4);
    },
  },
  {
    name: "ip6",
    value: "ADDRESS",
    group: GROUP,
    doc: "its IPv6 address",
    apply: (d, v) => {
      d.network.ip6 = parseAddress("--ip6", v, 6);
    },
  },
  {
    name: "mac",
    value: "ADDRESS",
    group: GROUP,
    doc: "its device's hardware address",
    apply: (d, v) => {
      d.network.mac = parseMacAddress("--mac", v);
    },
  },
  {
    name: "mtu",
    value: "BYTES",
    group: GROUP,
    doc: "the longest packet that its device sends",
    apply: (d, v) => {
      d.network.mtu = parseMtu("--mtu", v);
    },
  },
  {
    name: "dns",
    value: "ADDRESS",
    repeatable: true,
    group: GROUP,
    doc: "a name server (default: the host's, but for those on its loopback)",
    apply: (d, v) => {
      d.network.dns.push(parseAnyIp("--dns", v));
    },
  },
  {
    name: "dns-search",
    value: "DOMAIN",
    repeatable: true,
    group: GROUP,
    doc: "a domain in which short names are looked up",
    apply: (d, v) => {
      d.network.dnsSearch.push(parseSearchDomain("--dns-search", v));
    },
  },
  {
    name: "add-host",
    value: "NAME:ADDRESS",
    repeatable: true,
    group: GROUP,
    doc: "a name in the box's /etc/hosts",
    apply: (d, v) => {
      d.network.addHosts.push(parseHostEntry("--add-host", v));
    },
  },
];
