// Which hosts a box without a network of its own may reach through the proxy outside. Plain data, in the Spec.

/** `web` is 80 and 443, what a pattern without a port means. */
export type Ports = number | "web" | "any";

export type HostPattern =
  /** Any name, and any public address. */
  | { readonly kind: "any"; readonly ports: Ports }
  /** A name, or with `below` every name below it but not itself. */
  | { readonly kind: "name"; readonly name: string; readonly below: boolean; readonly ports: Ports }
  /** Addresses whose first `bits` are those of `address`, in the form of formatIp(). */
  | { readonly kind: "address"; readonly address: string; readonly bits: number; readonly ports: Ports };

export interface Egress {
  readonly allow: readonly HostPattern[];
  /** Wins over `allow`. */
  readonly deny: readonly HostPattern[];
  /** Where each connection is written down, as JSON lines; absolute. */
  readonly log: string | undefined;
}

/** Where the box finds its proxy: HTTP and SOCKS5 on one port of its loopback. */
export const PROXY_PORT = 3128;

/** The box's end of its socket to the proxy, by the plan's name for it; the init of a box that lives on keeps it open. */
export const EGRESS_SOCKET = "egress-socket";

const HTTP = `http://127.0.0.1:${PROXY_PORT}`;
const LOCAL = "localhost,127.0.0.1,::1";

/** Programs know their proxy by these; some read only the lower-case ones, some only the others. */
export const PROXY_VARIABLES: readonly (readonly [name: string, value: string])[] = [
  ["http_proxy", HTTP],
  ["HTTP_PROXY", HTTP],
  ["https_proxy", HTTP],
  ["HTTPS_PROXY", HTTP],
  ["all_proxy", `socks5h://127.0.0.1:${PROXY_PORT}`],
  ["ALL_PROXY", `socks5h://127.0.0.1:${PROXY_PORT}`],
  ["no_proxy", LOCAL],
  ["NO_PROXY", LOCAL],
  ["NODE_USE_ENV_PROXY", "1"],
];
