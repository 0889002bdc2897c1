// Routes: /proc/PID/net/route and ipv6_route, see proc_pid_net(5).
import { isDigits, parseLines, wordsOf } from "../proc-text.ts";
import { ipv4Number, ipv4Text, ipv6Text, parseHex } from "./net-address.ts";

export interface Route {
  readonly family: 4 | 6;
  readonly destination: string;
  readonly prefix: number;
  /** Undefined where the destination is reached directly. */
  readonly gateway: string | undefined;
  readonly interface: string;
  readonly metric: number;
}

/** Of linux/route.h and linux/ipv6_route.h. */
const RTF = { REJECT: 0x200, LOCAL: 0x80000000 } as const;

/** /proc/PID/net/route: the main table of IPv4. */
export function parseRoutes(text: string): readonly Route[] {
  return parseLines(text, (line) => {
    const [name = "", to = "", via = "", flags, , , metric, mask = ""] = wordsOf(line);
    const [destination, gateway, bits] = [
      ipv4Text(to, "words"),
      ipv4Text(via, "words"),
      maskBits(ipv4Text(mask, "words")),
    ];
    const word = parseHex(flags);
    if (destination === undefined || gateway === undefined || bits === undefined || word === undefined)
      return undefined;
    if ((word & RTF.REJECT) !== 0 || !isDigits(metric, 10)) return undefined;
    const hop = gateway === "0.0.0.0" ? undefined : gateway;
    return { family: 4, destination, prefix: bits, gateway: hop, interface: name, metric: Number(metric) };
  });
}

function maskBits(mask: string | undefined): number | undefined {
  const number = mask === undefined ? undefined : ipv4Number(mask);
  return number?.toString(2).replaceAll("0", "").length;
}

/** /proc/PID/net/ipv6_route without the machine's own addresses, multicast and refusals. */
export function parseInet6Routes(text: string): readonly Route[] {
  return parseLines(text, (line) => {
    const [to = "", bits, , , via = "", metric, , , flags, name] = wordsOf(line);
    const [prefix, word, cost] = [parseHex(bits), parseHex(flags), parseHex(metric)];
    if (name === undefined || prefix === undefined || word === undefined || cost === undefined) return undefined;
    if (word >= RTF.LOCAL || (word & RTF.REJECT) !== 0 || to.startsWith("ff")) return undefined;
    const [destination, gateway] = [ipv6Text(to, "network"), ipv6Text(via, "network")];
    if (destination === undefined) return undefined;
    const hop = gateway === "::" ? undefined : gateway;
    return { family: 6, destination, prefix, gateway: hop, interface: name, metric: cost };
  });
}
