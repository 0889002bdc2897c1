// The host's packet filter, through nft(8), or iptables(8) where there is no nft.
import { NETLINK } from "#ffi/uapi/netlink.ts";
import { getTable, NFPROTO } from "#ffi/uapi/nfnetlink.ts";
import { NsboxError } from "#src/error.ts";
import { iptablesNetwork, iptablesPublish, type IptablesRules, removalCommands } from "./iptables-rules.ts";
import { Netlink } from "./netlink.ts";
import type { NetworkRecord } from "./network-record.ts";
import {
  deleteTable,
  deleteTableWords,
  networkTable,
  type NftJson,
  publishTable,
  type PublishTarget,
} from "./nft-rules.ts";

/** A command that takes something back, as execve(2) takes it. */
export type Undo = readonly string[];

export interface Firewall {
  /** Whether the network's rules are there; true where that can't be told for nothing. */
  hasNetwork(network: NetworkRecord): boolean;
  addNetwork(network: NetworkRecord): void;
  /** What isn't there is not missed. */
  removeNetwork(network: NetworkRecord): void;
  addPublished(target: PublishTarget): void;
  /** Commands that take a box's published ports back. */
  undoPublished(table: string): readonly Undo[];
  removePublished(table: string): void;
  /** Names of tables or chains that were made for networks and boxes. */
  list(): readonly string[];
}

/** Throws NsboxError EHOST if there is neither. */
export function openFirewall(): Firewall {
  const nft = findTool("nft");
  if (nft !== undefined) return new Nftables(nft);
  const iptables = findTool("iptables");
  if (iptables !== undefined) return new Iptables(iptables, findTool("ip6tables"));
  throw new NsboxError("EHOST", "Cannot let a network out: neither nft nor iptables is installed", {
    hint: "install the package nftables, or use --net pasta",
  });
}

/** sbin is not in everyone's PATH. */
function findTool(name: string): string | undefined {
  return Bun.which(name, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` }) ?? undefined;
}

function run(
  command: readonly string[],
  stdin: string,
): { readonly ok: boolean; readonly stderr: string; readonly stdout: string } {
  const { exitCode, stderr, stdout } = Bun.spawnSync([...command], {
    stdin: new TextEncoder().encode(stdin),
    env: process.env,
  });
  return { ok: exitCode === 0, stderr: stderr.toString().trim(), stdout: stdout.toString() };
}

function mustRun(command: readonly string[], stdin = ""): void {
  const { ok, stderr } = run(command, stdin);
  if (ok) return;
  const [tool = ""] = command;
  throw new NsboxError(
    "EHOST",
    `Cannot set packet filter rules: ${tool} said ${JSON.stringify(stderr.slice(0, 300))}`,
    {
      hint: "this kernel may lack nf_tables or NAT; --net pasta needs neither",
    },
  );
}

/** Whether nftables has a table. Asked over netlink: starting nft costs more than a whole box. Throws NsboxError. */
export function hasTable(name: string): boolean {
  using netlink = new Netlink(NETLINK.NETFILTER);
  return netlink.request("look for a table", getTable(NFPROTO.INET, name), "ENOENT", "EOPNOTSUPP", "EINVAL");
}

class Nftables implements Firewall {
  readonly #nft: string;

  constructor(nft: string) {
    this.#nft = nft;
  }

  #apply(json: NftJson): void {
    mustRun([this.#nft, "-j", "-f", "-"], JSON.stringify(json));
  }

  hasNetwork({ bridge }: NetworkRecord): boolean {
    return hasTable(bridge);
  }

  addNetwork(network: NetworkRecord): void {
    this.#apply(networkTable(network));
  }

  removeNetwork({ bridge }: NetworkRecord): void {
    if (hasTable(bridge)) this.#apply(deleteTable(bridge));
  }

  addPublished(target: PublishTarget): void {
    this.#apply(publishTable(target));
  }

  undoPublished(table: string): readonly Undo[] {
    return [[this.#nft, ...deleteTableWords(table)]];
  }

  removePublished(table: string): void {
    if (hasTable(table)) this.#apply(deleteTable(table));
  }

  list(): readonly string[] {
    const { stdout } = run([this.#nft, "list", "tables", "inet"], "");
    return [...stdout.matchAll(/^table inet (\S+)$/gm)].map(([, name = ""]) => name);
  }
}

class Iptables implements Firewall {
  readonly #tools: Readonly<Record<"ip" | "ip6", string | undefined>>;

  constructor(ip: string, ip6: string | undefined) {
    this.#tools = { ip, ip6 };
  }

  #each(rules: readonly IptablesRules[], act: (tool: string, one: IptablesRules) => void): void {
    for (const one of rules) {
      const tool = this.#tools[one.family];
      if (tool !== undefined) act(tool, one);
    }
  }

  /** Chains are made anew as a whole; what leads to them is added where it is missing. */
  #add(rules: readonly IptablesRules[]): void {
    this.#each(rules, (tool, { restore, jumps }) => {
      mustRun([`${tool}-restore`, "--noflush", "-w"], restore);
      for (const { table, chain, words } of jumps)
        if (!run([tool, "-w", "-t", table, "-C", chain, ...words], "").ok)
          mustRun([tool, "-w", "-t", table, "-I", chain, ...words]);
    });
  }

  #undo(rules: readonly IptablesRules[]): readonly Undo[] {
    const undo: Undo[] = [];
    this.#each(rules, (tool, one) => undo.push(...removalCommands(tool, one)));
    return undo;
  }

  // Each look would start iptables once a rule: rules are made with the bridge, and trusted while that is there.
  hasNetwork(): boolean {
    return true;
  }

  addNetwork(network: NetworkRecord): void {
    this.#add(iptablesNetwork(network));
  }

  removeNetwork(network: NetworkRecord): void {
    for (const command of this.#undo(iptablesNetwork(network))) run(command, "");
  }

  addPublished(target: PublishTarget): void {
    this.#add(iptablesPublish(target));
  }

  undoPublished(table: string): readonly Undo[] {
    return this.#undo(iptablesPublish({ table, ip4: "", ip6: "", ports: [] }));
  }

  removePublished(table: string): void {
    for (const command of this.undoPublished(table)) run(command, "");
  }

  list(): readonly string[] {
    const names: string[] = [];
    for (const tool of Object.values(this.#tools)) {
      if (tool === undefined) continue;
      const { stdout } = run([tool, "-w", "-t", "nat", "-S"], "");
      names.push(...[...stdout.matchAll(/^-N (\S+)$/gm)].map(([, name = ""]) => name));
    }
    return [...new Set(names)];
  }
}
