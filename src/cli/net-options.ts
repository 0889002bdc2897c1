// The flags of `net create|ls|inspect|rm|connect|disconnect|prune`.
import { parseAddress, parseMtu, parseSubnetText } from "#src/spec/grammar/parse-network.ts";
import { parseName } from "#src/spec/grammar/parse-identity.ts";
import type { Option } from "./option.ts";

export interface NetDraft {
  subnet: string | undefined;
  subnet6: string | undefined;
  ipv6: boolean;
  internal: boolean;
  mtu: number | undefined;
  ip: string | undefined;
  ip6: string | undefined;
  name: string | undefined;
  force: boolean;
  json: boolean;
}

/** A draft in which nothing has been said. */
export function emptyNetDraft(): NetDraft {
  return {
    subnet: undefined,
    subnet6: undefined,
    ipv6: true,
    internal: false,
    mtu: undefined,
    ip: undefined,
    ip6: undefined,
    name: undefined,
    force: false,
    json: false,
  };
}

const JSON_OPTION: Option<NetDraft> = {
  name: "json",
  group: "Output",
  doc: "print it as JSON",
  apply: (d) => {
    d.json = true;
  },
};

/** Those of ls, inspect, disconnect and prune. */
export const NET_OUTPUT_OPTIONS: readonly Option<NetDraft>[] = [JSON_OPTION];

const CREATE = "create";

export const NET_CREATE_OPTIONS: readonly Option<NetDraft>[] = [
  {
    name: "subnet",
    value: "ADDRESS/PREFIX",
    group: CREATE,
    doc: "its IPv4 addresses (default: a free /24 of 10.213.0.0/16)",
    apply: (d, v) => {
      d.subnet = parseSubnetText("--subnet", v, 4);
    },
  },
  {
    name: "subnet6",
    value: "ADDRESS/PREFIX",
    group: CREATE,
    doc: "its IPv6 addresses (default: a unique local /64)",
    apply: (d, v) => {
      d.subnet6 = parseSubnetText("--subnet6", v, 6);
    },
  },
  {
    name: "no-ipv6",
    group: CREATE,
    doc: "IPv4 alone",
    apply: (d) => {
      d.ipv6 = false;
    },
  },
  {
    name: "internal",
    group: CREATE,
    doc: "boxes reach each other and the host, and nothing else",
    apply: (d) => {
      d.internal = true;
    },
  },
  {
    name: "mtu",
    value: "BYTES",
    group: CREATE,
    doc: "the longest packet",
    apply: (d, v) => {
      d.mtu = parseMtu("--mtu", v);
    },
  },
  JSON_OPTION,
];

const CONNECT = "connect";

export const NET_CONNECT_OPTIONS: readonly Option<NetDraft>[] = [
  {
    name: "ip",
    value: "ADDRESS",
    group: CONNECT,
    doc: "the box's IPv4 address there",
    apply: (d, v) => {
      d.ip = parseAddress("--ip", v, 4);
    },
  },
  {
    name: "ip6",
    value: "ADDRESS",
    group: CONNECT,
    doc: "the box's IPv6 address there",
    apply: (d, v) => {
      d.ip6 = parseAddress("--ip6", v, 6);
    },
  },
  {
    name: "name",
    value: "NAME",
    group: CONNECT,
    doc: "what it is called there (default: its name in other networks)",
    apply: (d, v) => {
      d.name = parseName(v);
    },
  },
  JSON_OPTION,
];

export const NET_RM_OPTIONS: readonly Option<NetDraft>[] = [
  {
    name: "force",
    short: "f",
    group: "rm",
    doc: "even if boxes are in it: they lose it",
    apply: (d) => {
      d.force = true;
    },
  },
  JSON_OPTION,
];

/** All that there are, for help. */
export const NET_OPTIONS: readonly Option<NetDraft>[] = [
  ...[NET_CREATE_OPTIONS, NET_CONNECT_OPTIONS, NET_RM_OPTIONS].flatMap((rows) =>
    rows.filter((row) => row !== JSON_OPTION),
  ),
  JSON_OPTION,
];
