import { describe, expect, test } from "bun:test";
import { buildSpec } from "#src/spec/build-spec.ts";
import {
  abstractSockets,
  exposureWarning,
  knownSockets,
  pathsInside,
  showsAbstractSockets,
} from "#src/spec/exposed-sockets.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

function specOf(options: Partial<RunOptions>): Spec {
  return buildSpec({ ...NO_OPTIONS, args: ["true"], ...options }, SAMPLE_FACTS);
}

function rw(source: string, destination: string | undefined = undefined): RunOptions["mounts"][number] {
  return { kind: "bind", source, destination, readOnly: false, flag: "--rw" };
}

describe("the host's sockets inside a box", () => {
  test("are not seen by default: /run and /tmp are fresh", () => {
    const spec = specOf({});
    expect(["/run/docker.sock", "/tmp/.X11-unix/X0"].flatMap((path) => pathsInside(spec, path))).toEqual([]);
  });

  test("are seen below what a bind mount shows, under its name inside", () => {
    expect(pathsInside(specOf({ mounts: [rw("/run", "/tmp/r")] }), "/run/docker.sock")).toEqual(["/tmp/r/docker.sock"]);
    expect(pathsInside(specOf({ mounts: [rw("/run/docker.sock")] }), "/run/docker.sock")).toEqual(["/run/docker.sock"]);
    expect(pathsInside(specOf({ mounts: [rw("/runner")] }), "/run/docker.sock")).toEqual([]);
  });

  test("are not seen where a later mount or --hide covers them", () => {
    const tmpfs = { kind: "tmpfs", destination: "/run", sizeBytes: undefined, mode: undefined } as const;
    const covered = { mounts: [rw("/run"), { ...tmpfs, readOnly: false, noexec: false }] };
    expect(pathsInside(specOf(covered), "/run/docker.sock")).toEqual([]);
    const spec = specOf({ mounts: [rw("/run")] });
    const hidden = { ...spec, box: { ...spec.box, hidden: [{ path: "/run/docker.sock", isFile: true }] } };
    expect(pathsInside(hidden, "/run/docker.sock")).toEqual([]);
  });

  test("lie in a root folder only where the folder holds them", () => {
    const spec = specOf({ root: { kind: "dir", path: "/srv/rootfs" } });
    expect(pathsInside(spec, "/run/docker.sock")).toEqual([]);
    expect(pathsInside(spec, "/srv/rootfs/run/docker.sock")).toEqual(["/run/docker.sock"]);
  });

  test("are all seen without a mount namespace", () => {
    expect(pathsInside(specOf({ namespaces: { mnt: { kind: "host" } } }), "/run/docker.sock")).toEqual([
      "/run/docker.sock",
    ]);
  });
});

describe("sockets of the abstract namespace", () => {
  const text = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000000: 00000002 00000000 00010000 0001 01 17222 @/tmp/.X11-unix/X0",
    "0000000000000000: 00000002 00000000 00010000 0001 01 17223 /tmp/.X11-unix/X0",
    "0000000000000000: 00000003 00000000 00000000 0001 03 17224",
    "0000000000000000: 00000002 00000000 00010000 0001 01 17225 @harmless",
  ].join("\n");

  test("are found by what they are known for", () => {
    expect(abstractSockets(text).map(({ address }) => address)).toEqual(["@/tmp/.X11-unix/X0"]);
  });

  test("are reached with the host's network, unless Landlock keeps them away", () => {
    const host = specOf({ namespaces: { net: { kind: "host" } } });
    expect([showsAbstractSockets(host, 5), showsAbstractSockets(host, 6)]).toEqual([true, false]);
    expect(showsAbstractSockets({ ...host, box: { ...host.box, landlock: undefined } }, 6)).toBe(true);
    expect(showsAbstractSockets(specOf({}), 5)).toBe(false);
  });
});

test("the places of known sockets follow the user's environment", () => {
  const env = { XDG_RUNTIME_DIR: "/run/user/7", SSH_AUTH_SOCK: "/tmp/ssh-x/agent.1", DISPLAY: ":1.0" };
  const places = knownSockets(env).map(({ address }) => address);
  for (const place of ["/run/docker.sock", "/run/user/7/bus", "/tmp/ssh-x/agent.1", "/tmp/.X11-unix/X1"])
    expect(places).toContain(place);
  expect(knownSockets({}).some(({ address }) => address.startsWith("/tmp"))).toBe(false);
});

test("a warning says what is reached, what that means, and how to prevent it", () => {
  expect(exposureWarning({ address: "/run/docker.sock", power: "Docker" }, "/x/docker.sock")).toBe(
    "nsbox: warning: the box can reach /run/docker.sock, as /x/docker.sock (Docker); --hide /x/docker.sock keeps it out\n",
  );
});

describe("knownSockets()", () => {
  const at = (env: Readonly<Record<string, string>>, path: string): string | undefined =>
    knownSockets(env).find(({ address }) => address === path)?.power;

  test.each([
    [{}, "/run/docker.sock", "root on this machine"],
    [{ XDG_RUNTIME_DIR: "/run/user/7" }, "/run/user/7/bus", "starts programs"],
    [{ DBUS_SESSION_BUS_ADDRESS: "unix:path=/tmp/bus-1,guid=ab;unix:path=/x" }, "/tmp/bus-1", "starts programs"],
    [{ WAYLAND_DISPLAY: "/srv/way" }, "/srv/way", "screen"],
    [{ WAYLAND_DISPLAY: "wayland-1", XDG_RUNTIME_DIR: "/run/user/7" }, "/run/user/7/wayland-1", "screen"],
    [{ DISPLAY: ":3.0" }, "/tmp/.X11-unix/X3", "screen"],
    [{ SSH_AUTH_SOCK: "/tmp/agent" }, "/tmp/agent", "keys"],
  ])("has, with %j, %s", (env, path, power) => {
    expect(at(env, path)).toContain(power);
  });

  test("believes no variable that is no path", () => {
    const env = {
      DBUS_SESSION_BUS_ADDRESS: "unix:abstract=/x",
      WAYLAND_DISPLAY: "../x",
      SSH_AUTH_SOCK: "x",
      DISPLAY: "x",
    };
    expect(knownSockets(env)).toEqual(knownSockets({}));
  });
});
