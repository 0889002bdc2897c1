// Rules of the packet filter that rewrite addresses: what `nft list ruleset` prints → those that concern a process. Pure.
import { formatIp, parseIp } from "#ffi/uapi/inet.ts";
import { type Block, table } from "./group.ts";
import { mapList } from "./lists.ts";
import type { Address } from "./net-interfaces.ts";
import type { Linked } from "./net-links.ts";

export interface NatRule {
  /** Family and name, as "inet nsb-default". */
  readonly table: string;
  readonly chain: string;
  readonly kind: "dnat" | "snat" | "masquerade" | "redirect";
  /** As nft writes it. */
  readonly rule: string;
}

const KIND = /(?:^|\s)(dnat|snat|masquerade|redirect)(?:\s|$)/;

/** What nft prints: tables, in them chains, in them rules. */
export function parseNatRules(text: string): readonly NatRule[] {
  const rules: NatRule[] = [];
  let [inTable, inChain] = ["", ""];
  for (const line of text.split("\n").map((one) => one.trim())) {
    const opened = /^(table|chain) (.+?) \{/.exec(line);
    if (opened !== null) {
      if (opened[1] === "table") [inTable, inChain] = [opened[2] ?? "", ""];
      else inChain = opened[2] ?? "";
      continue;
    }
    const rule = line.replace(/ counter packets \d+ bytes \d+/, "");
    // "ct status dnat" asks what another rule has done.
    const kind = KIND.exec(rule.replace(/\bct status \S+/g, ""))?.[1] as NatRule["kind"] | undefined; // the words of KIND
    if (kind === undefined || inChain === "" || rule.startsWith("type ")) continue;
    rules.push({ table: inTable, chain: inChain, kind, rule });
  }
  return rules;
}

/** Those that name an address of its, a network that one is in, or a device that leads to it. */
export function concerning(
  rules: readonly NatRule[],
  addresses: readonly Address[],
  links: readonly Linked[],
): readonly NatRule[] {
  const own = addresses.flatMap(({ address, interface: name }) =>
    name === "lo" || address.startsWith("fe80:") ? [] : (parseIp(address) ?? []),
  );
  const devices = links.flatMap(({ peer }) => (peer?.where === "yours" ? [peer.name, peer.bridge] : []));
  const names = devices.flatMap((name) => (name === undefined ? [] : [`"${name}"`]));
  return rules.filter(
    ({ rule }) =>
      names.some((name) => rule.includes(name)) || mentions(rule).some((one) => own.some((ip) => isIn(ip, one))),
  );
}

interface Mention {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Addresses and networks in a rule: "10.213.0.2:80", "10.213.0.0/24", "[fd00::2]:80". */
function mentions(rule: string): readonly Mention[] {
  return rule.split(/[\s,{}[\]]+/).flatMap((word) => {
    const [text = "", prefix] = word.split("/");
    const address = parseIp(text) ?? parseIp(text.replace(/:\d+$/, ""));
    return address === undefined ? [] : [{ address, bits: prefix === undefined ? address.length * 8 : Number(prefix) }];
  });
}

function isIn(ip: Uint8Array, { address, bits }: Mention): boolean {
  if (ip.length !== address.length) return false;
  const masked = (bytes: Uint8Array): string =>
    formatIp(bytes.map((byte, n) => byte & (0xff << Math.max(0, 8 - Math.max(0, bits - n * 8)))));
  return masked(ip) === masked(address);
}

export function explainNatRules(rules: readonly NatRule[]): readonly Block[] {
  return table(
    ["nat outside", "in", "rule"],
    mapList(rules, ({ kind, table: name, chain, rule }) => [kind, `${name} ${chain}`, rule]),
  );
}
