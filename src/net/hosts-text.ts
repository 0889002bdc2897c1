// /etc/hosts and /etc/resolv.conf of a box, as texts. Pure.
import type { HostEntry } from "#src/spec/network.ts";

/** /etc/hosts: loopback, the box itself, its neighbours, and what was added. The first of two names wins. */
export function hostsText(own: readonly HostEntry[], others: readonly HostEntry[]): string {
  const fixed = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"];
  const lines = [...own, ...others].map(({ name, ip }) => `${ip}\t${name}`);
  return `${[...fixed, ...new Set(lines)].join("\n")}\n`;
}

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** Lines that are passed on as they are. */
  readonly options: readonly string[];
}

/** See resolv.conf(5). */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const search = lines.filter(([key]) => key === "search" || key === "domain").at(-1);
  return {
    nameservers: lines.flatMap(([key, value]) => (key === "nameserver" && value !== undefined ? [value] : [])),
    search: search?.slice(1) ?? [],
    options: lines.filter(([key]) => key === "options").flatMap((words) => words.slice(1)),
  };
}

/** Whether a name server is one that another network namespace can't reach. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** A file for a box: what was said, and the host's where nothing was said. */
export function resolvText(host: ResolvConf, dns: readonly string[], search: readonly string[]): string {
  const servers = dns.length > 0 ? dns : host.nameservers.filter((address) => !isLoopback(address));
  const domains = search.length > 0 ? search : host.search;
  return [
    ...servers.map((server) => `nameserver ${server}`),
    ...(domains.length > 0 ? [`search ${domains.join(" ")}`] : []),
    ...(host.options.length > 0 ? [`options ${host.options.join(" ")}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
