// A program in user space that is the network of a namespace, as pasta(1) is. Pure.
import type { PublishedPort } from "#src/spec/network.ts";
import { type Block, table } from "./group.ts";
import { mapList } from "./lists.ts";

export interface NetworkHelper {
  readonly program: string;
  readonly pid: number;
  readonly ports: readonly PublishedPort[];
}

export function explainHelper(helper: NetworkHelper | undefined): readonly Block[] {
  if (helper === undefined) return [];
  const ports = mapList(helper.ports, ({ protocol, hostIp, hostPort, boxPort }) => {
    const address = hostIp === undefined ? "" : hostIp.includes(":") ? `[${hostIp}]:` : `${hostIp}:`;
    return `${address}${hostPort} -> ${boxPort}/${protocol}`;
  });
  return table(
    ["served by", "process", "ports of the host that lead here"],
    [[helper.program, String(helper.pid), ports.join(", ") || "none"]],
  );
}
