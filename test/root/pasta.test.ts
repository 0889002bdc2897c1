// --net pasta: a network without privileges. The test is root's because its host is one of its own making.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { isAlive, namespaceOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, helloServer, NetHost } from "#test/support/net-host.ts";
import { NSBOX, waitFor } from "#test/support/nsbox.ts";

const CURL = "curl -sS --max-time 3 --retry 20 --retry-connrefused --retry-max-time 8";

/** argv, each word with its NUL; "" of a process that has gone. */
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

describeWith(["root", "ip", "curl", "busybox", "pasta", "slirp4netns"], "nsbox run --net pasta", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const ACTORS: readonly (readonly [who: string, words: (...args: string[]) => readonly string[]])[] = [
    ["an ordinary user", (...args) => host.userNsbox(...args)],
    ["root", (...args) => [NSBOX, ...args]],
  ];
  /** false also of one that has just ended. */
  const isOnHost = (pid: number): boolean => {
    try {
      return namespaceOf(pid, "net") === namespaceOf(host.pid, "net");
    } catch (error) {
      if (isAlive(pid)) throw error;
      return false;
    }
  };
  /** Helpers in the host's namespace. */
  const helpers = (): readonly number[] =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => isAlive(pid) && /^\S*(?:pasta|slirp4netns)\0--/.test(readCommand(pid)))
      .filter((pid) => isOnHost(pid));

  describe.each(ACTORS)("as %s", (_, nsbox) => {
    test("reaches the world with the host's address, over both versions", async () => {
      await using server = await host.startOutside(addressServer(8000));
      expect(server.ready).toBe("ready");
      const script = `${CURL} http://${CABLE.outside4}:8000/; echo; ${CURL} 'http://[${CABLE.outside6}]:8000/'`;
      const { stdout, stderr } = await host.run(nsbox("run", "--net", "pasta", "--", "sh", "-c", script));
      expect({ stdout, stderr }).toEqual({ stdout: `::ffff:${CABLE.host4}\n${CABLE.host6}`, stderr: "" });
    });

    test("-p is reached from another host", async () => {
      const words = nsbox("run", "--net", "pasta", "-p", "8080:80", "--", "sh", "-c", helloServer(80, "hello"));
      await using box = await host.startHere(words);
      expect(box.ready).toBe("ready");
      expect((await host.outside(`${CURL} http://${CABLE.host4}:8080/`)).stdout).toBe("hello");
      // pasta's own address is proved unique first, for seconds.
      expect((await host.outside(`${CURL} --retry-all-errors 'http://[${CABLE.host6}]:8080/'`)).stdout).toBe("hello");
    });

    test("does not lead to what listens on the host's loopback", async () => {
      const code = `Bun.serve({ hostname: "127.0.0.1", port: 9002, fetch: () => new Response("secret") }); console.log("ready")`;
      await using server = await host.startHere([process.execPath, "-e", code]);
      expect(server.ready).toBe("ready");
      for (const address of ["127.0.0.1", CABLE.outside4, CABLE.host4]) {
        const script = `curl -sS --max-time 1 http://${address}:9002/`;
        const { stdout, exitCode } = await host.run(nsbox("run", "--net", "pasta", "--", "sh", "-c", script));
        expect(stdout).toBe("");
        expect(exitCode).not.toBe(0);
      }
    });

    test("its helper ends with the box", async () => {
      const { exitCode } = await host.run(nsbox("run", "--net", "pasta", "--", "false"));
      expect(exitCode).toBe(1);
      await waitFor(() => helpers().length === 0, "pasta to end");
    });

    test("its helper ends with a launcher that is killed", async () => {
      const box = await host.startHere(nsbox("run", "--net", "pasta", "--", "sh", "-c", "echo ready; sleep 60"));
      const started = helpers().length; // for a moment it may have a child
      await box[Symbol.asyncDispose]();
      expect(started).toBeGreaterThan(0);
      await waitFor(() => helpers().length === 0, "pasta to end");
    });
  });

  test("a port that is in use is refused before anything starts", async () => {
    await using server = await host.startHere(addressServer(8090));
    expect(server.ready).toBe("ready");
    const words = host.userNsbox("run", "--net", "pasta", "-p", "8090:80", "--", "echo", "x");
    const { stdout, stderr, exitCode } = await host.run(words);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
    expect(stderr).toContain("Cannot publish tcp port 8090: EADDRINUSE");
  });

  test("a port that only root may have is refused", async () => {
    const { stderr } = await host.run(host.userNsbox("run", "--net", "pasta", "-p", "80:80", "--", "true"));
    expect(stderr).toContain("EACCES (Permission denied), low ports take root");
  });

  test("--mtu, --dns and --add-host are what the box gets", async () => {
    const flags = ["--mtu", "1400", "--dns", "192.0.2.53", "--add-host", "db:192.0.2.9"];
    const words = host.userNsbox(
      "run",
      "--net",
      "pasta",
      ...flags,
      "--",
      "cat",
      "/etc/resolv.conf",
      "/etc/hosts",
      "/sys/class/net/eth0/mtu",
    );
    const { stdout } = await host.run(words);
    for (const part of ["nameserver 192.0.2.53\n", "192.0.2.9\tdb\n", "1400\n"]) expect(stdout).toContain(part);
  });

  describe("with bad luck", () => {
    const withHost = async (script: string, check: (own: NetHost) => Promise<void>): Promise<void> => {
      await using own = await NetHost.open();
      await own.must(script);
      await check(own);
    };
    const HIDE_PASTA = "mount --bind /dev/null $(command -v pasta)";

    test("where there is only slirp4netns, that is used", () =>
      withHost(HIDE_PASTA, async (own) => {
        await using server = await own.startOutside(addressServer(8000));
        expect(server.ready).toBe("ready");
        const words = own.userNsbox(
          "run",
          "--net",
          "pasta",
          "--",
          "sh",
          "-c",
          `${CURL} http://${CABLE.outside4}:8000/`,
        );
        expect(await own.run(words)).toMatchObject({ stdout: `::ffff:${CABLE.host4}`, stderr: "" });
        const { stderr } = await own.run(own.userNsbox("run", "--net", "pasta", "-p", "8080:80", "--", "true"));
        expect(stderr).toContain("Cannot use --publish: slirp4netns");
      }));

    test("where there is neither, the message says what to install", () =>
      withHost(`${HIDE_PASTA}; mount --bind /dev/null $(command -v slirp4netns)`, async (own) => {
        const { stderr, exitCode } = await own.run(own.userNsbox("run", "--net", "pasta", "--", "true"));
        expect(exitCode).toBe(125);
        expect(stderr).toContain("neither pasta nor slirp4netns is installed");
        expect(stderr).toContain("apt install passt");
      }));

    test("where /dev/net/tun is root's alone, the message says how to mend it", () =>
      withHost("chmod 600 /dev/net/tun", async (own) => {
        const { stderr } = await own.run(own.userNsbox("run", "--net", "pasta", "--", "true"));
        expect(stderr).toContain("/dev/net/tun: EACCES (Permission denied)");
        expect(stderr).toContain("chmod 0666 /dev/net/tun");
      }));

    test("where the host has no way out, the message says so", () =>
      withHost("ip route flush default; ip -6 route flush default; ip link del up0", async (own) => {
        const { stdout, stderr, exitCode } = await own.run(own.userNsbox("run", "--net", "pasta", "--", "echo", "x"));
        expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
        expect(stderr).toContain("Cannot start the box's network: pasta:");
        expect(stderr).toContain("ip route");
      }));
  });
});
