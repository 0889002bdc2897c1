// What pasta(1) and slirp4netns(1) are called with. Pure.
import { NsboxError } from "#src/error.ts";
import type { NetworkSettings, PublishedPort } from "#src/spec/network.ts";

/** Stands for the box's PID until that is known. */
export const PID_WORD = "{pid}";

/** An address that pasta takes name queries at, for name servers that only the host reaches. */
export const DNS_FORWARD: readonly string[] = ["169.254.1.1"];
/** slirp4netns's own, which asks the host's. */
export const SLIRP_DNS: readonly string[] = ["10.0.2.3"];

export interface HelperFacts {
  /** The box has no user namespace of its own. */
  readonly sharesUsers: boolean;
}

export interface PastaFacts extends HelperFacts {
  readonly isRoot: boolean;
  readonly forwardDns: boolean;
}

/** The words behind `pasta`. It writes its PID to stdout once it is ready. */
export function pastaWords(settings: NetworkSettings, facts: PastaFacts): readonly string[] {
  const { ip, ip6, mac, mtu, publish } = settings;
  const spec = (protocol: PublishedPort["protocol"]): readonly string[] => {
    const ports = publish.filter((port) => port.protocol === protocol).map(pastaPort);
    return ports.length === 0 ? ["none"] : ports;
  };
  return [
    ...["--config-net", "--foreground", "--quiet", "--pid", "/dev/stdout", "--ns-ifname", "eth0"],
    // SECURITY: by itself it leads to what listens on the host's loopback, and from there to the box.
    ...["--no-map-gw", "--tcp-ns", "none", "--udp-ns", "none"],
    ...spec("tcp").flatMap((port) => ["--tcp-ports", port]),
    ...spec("udp").flatMap((port) => ["--udp-ports", port]),
    ...[ip, ip6].flatMap((address) => (address === undefined ? [] : ["--address", address])),
    ...(mac === undefined ? [] : ["--ns-mac-addr", mac]),
    ...(mtu === undefined ? [] : ["--mtu", String(mtu)]),
    ...(facts.forwardDns ? DNS_FORWARD.flatMap((address) => ["--dns-forward", address]) : []),
    // As root it would become nobody, who may not enter the box's namespaces.
    ...(facts.isRoot ? ["--runas", "0:0"] : []),
    ...(facts.sharesUsers ? ["--netns-only"] : []),
    PID_WORD,
  ];
}

/** "127.0.0.1/8080:80". */
function pastaPort({ hostIp, hostPort, boxPort }: PublishedPort): string {
  return `${hostIp === undefined ? "" : `${hostIp}/`}${hostPort}:${boxPort}`;
}

/** The words behind `slirp4netns`. It writes to stdout once it is ready. Throws NsboxError of what it can't do. */
export function slirpWords(settings: NetworkSettings, { sharesUsers }: HelperFacts): readonly string[] {
  const { ip, ip6, mac, mtu, publish } = settings;
  const given = { "--publish": publish[0], "--ip": ip, "--ip6": ip6, "--mac": mac };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined) {
    throw new NsboxError(
      "EHOST",
      `Cannot use ${flag}: slirp4netns, which is all that is installed, has no such thing`,
      {
        hint: "install the package passt, whose pasta has it",
      },
    );
  }
  return [
    ...["--configure", "--disable-host-loopback", "--enable-ipv6", "--ready-fd=1", `--mtu=${mtu ?? 65520}`],
    ...(sharesUsers ? [] : [`--userns-path=/proc/${PID_WORD}/ns/user`]),
    ...[PID_WORD, "eth0"],
  ];
}
