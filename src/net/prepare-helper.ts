// --net pasta: a program in user space is the box's network. No privileges are needed; the host sees its connections.
import { existsSync } from "node:fs";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { assert, explainErrno, NsboxError } from "#src/error.ts";
import type { BoxNetwork, NetworkSettings } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { buildResolv, ownHosts, readHostResolv } from "./box-files.ts";
import { DNS_FORWARD, PID_WORD, pastaWords, SLIRP_DNS, slirpWords } from "./helper-words.ts";
import { isLoopback } from "./hosts-text.ts";
import { checkBindable } from "./published-ports.ts";
import type { NetworkSession } from "./network-session.ts";

/** Starts a program and waits until it is ready; see src/run/spawn-helper.ts. */
export type SpawnHelper = (
  command: readonly string[],
  box: number,
) => { readonly pid: number } | { readonly said: string };

/** Finds the program, and checks what it needs. Throws NsboxError. */
export function prepareHelper(options: RunOptions, spawn: SpawnHelper): NetworkSession {
  checkTun();
  for (const port of options.network.publish) checkBindable(port);
  const network = describe(options);
  let helper: number | undefined;
  return {
    network,
    makeLink: () => assert(false, "a box with a helper has no device of nsbox's making"),
    startHelper: (command, pid) => {
      const words = command.map((word) => word.replaceAll(PID_WORD, String(pid)));
      const started = spawn(words, pid);
      if ("said" in started) throw helperFailure(command[0] ?? "", started.said);
      helper = started.pid;
    },
    farewell: () => ({ processes: helper === undefined ? [] : [helper], files: [], commands: [] }),
    release: () => {
      if (helper !== undefined) rawSyscall("kill", helper, SIGTERM);
      helper = undefined;
    },
    // The program holds them itself.
    holds: [],
  };
}

const SIGTERM = 15;
const TUN = "/dev/net/tun";
const READ_WRITE = 6;

function checkTun(): void {
  const result = rawSyscall("faccessat2", AT.FDCWD, TUN, READ_WRITE, AT.EACCESS);
  if (result === 0) return;
  const hint = existsSync(TUN) ? `as root: chmod 0666 ${TUN}, as most systems have it` : "as root: modprobe tun";
  throw new NsboxError("EHOST", `Cannot use --net pasta: ${TUN}: ${explainErrno(-result)}`, { errno: -result, hint });
}

function describe(options: RunOptions): BoxNetwork {
  const { network: settings } = options;
  const rootIsHost = (options.root?.kind ?? "host") === "host";
  const sharesUsers = options.namespaces.user?.kind === "host";
  const isRoot = process.geteuid?.() === 0;
  const hosts = settings.addHosts.length === 0 ? undefined : { content: ownHosts(options) };
  const pasta = Bun.which("pasta");
  if (pasta !== null) {
    const hidden = settings.dns.length === 0 && !readHostResolv().nameservers.some((one) => !isLoopback(one));
    const words = [pasta, ...pastaWords(settings, { sharesUsers, isRoot, forwardDns: hidden })];
    return { interfaces: [], helper: words, hosts, resolv: resolvOf(settings, rootIsHost, hidden ? DNS_FORWARD : []) };
  }
  const slirp = Bun.which("slirp4netns");
  if (slirp === null) {
    throw new NsboxError("EHOST", "Cannot use --net pasta: neither pasta nor slirp4netns is installed", {
      hint: "install the package passt, or slirp4netns: apt install passt, dnf install passt",
    });
  }
  const words = [slirp, ...slirpWords(settings, { sharesUsers })];
  return { interfaces: [], helper: words, hosts, resolv: resolvOf(settings, rootIsHost, SLIRP_DNS) };
}

function resolvOf(settings: NetworkSettings, rootIsHost: boolean, servers: readonly string[]): BoxNetwork["resolv"] {
  return buildResolv(settings.dns.length > 0 ? settings : { ...settings, dns: servers }, rootIsHost);
}

function helperFailure(path: string, said: string): NsboxError {
  const name = path.split("/").at(-1) ?? "";
  // Without a system log it tells of that, line by line.
  const lines = said.split("\n").filter((line) => line !== "" && !line.includes("syslog"));
  const last = lines.at(-1) ?? "it ended without a word";
  return new NsboxError("ESETUP", `Cannot start the box's network: ${name}: ${last}`, {
    hint: "it copies the host's addresses and routes: see that the host has a default route, with ip route",
  });
}
