// Networks for boxes: what --net may say beyond a namespace, and what was got ready for one box. Plain data.

/** What --net says where it is neither a namespace nor none nor host. */
export type NetworkOption =
  /** Bridges of nsbox's own, the first of them with the default route. */
  | { readonly kind: "bridge"; readonly names: readonly string[] }
  | { readonly kind: "pasta" }
  /** A device of the box's own on a device of the host. */
  | { readonly kind: "macvlan" | "ipvlan"; readonly parent: string };

/** The network of `--net bridge`, made when it is first used. */
export const DEFAULT_NETWORK = "default";

/** A port of the host that leads to one of the box. */
export interface PublishedPort {
  readonly protocol: "tcp" | "udp";
  /** undefined: every address of the host. */
  readonly hostIp: string | undefined;
  readonly hostPort: number;
  readonly boxPort: number;
}

/** A name for an address, in the box's /etc/hosts. */
export interface HostEntry {
  readonly name: string;
  readonly ip: string;
}

/** Everything else that the flags say about a box's network. */
export interface NetworkSettings {
  /** An address, for macvlan and ipvlan with /PREFIX. */
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly addHosts: readonly HostEntry[];
  readonly publish: readonly PublishedPort[];
}

/** How a device comes into the box. */
export type LinkMaking =
  /** One end of a pair; the other is a port of a bridge of the host. */
  | { readonly kind: "veth"; readonly host: string; readonly hostIndex: number; readonly bridge: string }
  | { readonly kind: "macvlan" | "ipvlan"; readonly parent: string };

/** A device of the box's own, with what it is given. */
export interface BoxInterface {
  readonly name: string;
  /** Known beforehand, so that the box's calls can name it. */
  readonly index: number;
  readonly making: LinkMaking;
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  /** ADDRESS/PREFIX. */
  readonly addresses: readonly string[];
  /** Default routes. */
  readonly gateways: readonly string[];
}

/** What has been got ready for one box. */
export interface BoxNetwork {
  readonly interfaces: readonly BoxInterface[];
  /** A program that is the box's network: what it is called with, where {pid} stands for the box's. */
  readonly helper: readonly string[] | undefined;
  /** The box's /etc/hosts: a file of the host, or what it says. */
  readonly hosts: { readonly path: string } | { readonly content: string } | undefined;
  /** What /etc/resolv.conf says inside, and the path that it is found at. */
  readonly resolv: { readonly path: string; readonly content: string } | undefined;
}

/** What is to be taken back on the host once the box has ended. */
export interface Farewell {
  /** Processes that served the box. */
  readonly processes: readonly number[];
  readonly files: readonly string[];
  /** Each with the path of its program first, as execve(2) takes them. */
  readonly commands: readonly (readonly string[])[];
}

export const NO_FAREWELL: Farewell = { processes: [], files: [], commands: [] };
