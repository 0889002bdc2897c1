// Boxes that live on, with a network: it is there as long as the box, and nothing of it stays when that has ended.
import { chownSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { isAlive } from "#test/support/box.ts";
import { leavesOf, undocumented } from "#test/support/inspect-docs.ts";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, helloServer, NetHost } from "#test/support/net-host.ts";
import { NSBOX, type RunResult, tempDir, waitFor } from "#test/support/nsbox.ts";

/** The user of NetHost.userNsbox(). */
const NOBODY = 65534;

const CURL = "curl -sS --max-time 3 --retry 20 --retry-all-errors --retry-max-time 8";

describeWith(
  ["root", "ip", "nft", "curl", "busybox", "pasta", "slirp4netns", "python3"],
  "nsbox run -d with a network",
  () => {
    let host: NetHost;
    beforeAll(async () => {
      host = await NetHost.open();
    });
    afterAll(() => host[Symbol.asyncDispose]());
    // Also where a test has failed on the way: its boxes outlive it.
    afterEach(async () => {
      const names = (await host.nsbox("ps", "-aq")).stdout.trim().split("\n").filter(Boolean);
      if (names.length > 0) await host.nsbox("rm", "-f", ...names);
    });

    const start = async (name: string, flags: readonly string[], script: string): Promise<number> => {
      const { stdout, stderr } = await host.nsbox(
        "run",
        "-d",
        "--json",
        "--name",
        name,
        ...flags,
        "--",
        "sh",
        "-c",
        script,
      );
      expect(stderr).toBe("");
      return (JSON.parse(stdout) as { pid: number }).pid; // our own format
    };
    const remove = async (...names: readonly string[]): Promise<void> => {
      expect((await host.nsbox("rm", "-f", ...names)).stderr).toBe("");
    };
    /** The keeper of a box's network, which is the one process of its name on the host. */
    const keepers = async (): Promise<readonly number[]> => {
      const mine = await host.must("readlink /proc/self/ns/net");
      const { stdout } = await host.sh(
        `for pid in $(pgrep -x nsbox-net); do [ "$(readlink /proc/$pid/ns/net)" = "${mine.trim()}" ] && echo $pid; done; true`,
      );
      return stdout.trim().split("\n").filter(Boolean).map(Number);
    };
    const rules = (): Promise<string> => host.must("nft list tables | grep nsv || true");

    test("on a bridge: its port leads to it, is held, and all of that ends with it", async () => {
      await start("web", ["--net", "bridge", "-p", "8080:80"], helloServer(80, "hello"));
      expect((await host.outside(`${CURL} http://${CABLE.host4}:8080/`)).stdout).toBe("hello");
      expect((await host.outside(`${CURL} 'http://[${CABLE.host6}]:8080/'`)).stdout).toBe("hello");
      expect((await host.nsbox("port", "web")).stdout).toBe("80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n");
      const { stdout } = await host.sh(`/usr/bin/python3 -c '${BIND_REUSED}' 8080`);
      expect(stdout).toBe("EADDRINUSE\n");
      const [keeper = 0] = await keepers();
      expect(Number(/VmRSS:\s+(\d+)/.exec(await host.must(`cat /proc/${keeper}/status`))?.[1])).toBeLessThanOrEqual(20);
      expect((await host.nsbox("stop", "--time", "10ms", "web")).stderr).toBe("");
      await waitFor(async () => (await rules()) === "", "the rules to go");
      await waitFor(() => !isAlive(keeper), "the keeper to end");
      expect((await host.sh(`/usr/bin/python3 -c '${BIND_REUSED}' 8080`)).stdout).toBe("bound\n");
      await remove("web");
    });

    test("without a published port no process stays but its init", async () => {
      await start("plain", ["--net", "bridge"], "sleep 1000");
      expect(await keepers()).toEqual([]);
      expect((await host.nsbox("exec", "plain", "ip", "-o", "-4", "addr", "show", "eth0")).stdout).toContain(
        "10.213.0.",
      );
      await remove("plain");
    });

    test("a box that is killed together with its keeper leaves rules that the next command takes back", async () => {
      const init = await start("victim", ["--net", "bridge", "--ip", "10.213.0.50", "-p", "8081:80"], "sleep 1000");
      const [keeper = 0] = await keepers();
      process.kill(keeper, "SIGKILL");
      await waitFor(() => !isAlive(keeper), "the keeper to end");
      process.kill(init, "SIGKILL");
      await waitFor(() => !isAlive(init), "the box to end");
      expect(await rules()).toContain("nsv");
      await host.nsbox("ps", "-a");
      expect(await rules()).toBe("");
      await remove("victim");
    });

    test("rules of a dead box never lead to the next one with its address", async () => {
      const init = await start("first", ["--net", "bridge", "--ip", "10.213.0.51", "-p", "8082:80"], "sleep 1000");
      const [keeper = 0] = await keepers();
      process.kill(keeper, "SIGKILL");
      process.kill(init, "SIGKILL");
      await waitFor(async () => !isAlive(init) && !(await host.must("ip -br link")).includes("nsv"), "the box to go");
      // Not so much as `ps` has run since: the box that takes the address takes the rules away first.
      await using next = await host.start(["--net", "bridge", "--ip", "10.213.0.51"], helloServer(80, "wrong"));
      expect(next.ready).toBe("ready");
      expect((await host.outside(`curl -sS --max-time 1 http://${CABLE.host4}:8082/`)).stdout).toBe("");
      expect(await rules()).toBe("");
      await remove("first");
    });

    test("a name of a dead box never leads to the next one with its address", async () => {
      await start("named", ["--net", "bridge", "--ip", "10.213.0.52"], "sleep 1000");
      await using watching = await host.start(["--net", "bridge", "--name", "eye"], "echo ready; exec sleep 1000");
      expect(watching.ready).toBe("ready");
      const names = async (): Promise<string> => (await host.nsbox("net", "inspect", "default", "--json")).stdout;
      const { boxes } = (JSON.parse(await names()) as { boxes: { name: string; pid: number }[] }[])[0] ?? { boxes: [] }; // our own format
      const eye = boxes.find(({ name }) => name === "eye")?.pid ?? 0;
      const hosts = (): Promise<string> => host.must(`cat /proc/${eye}/root/etc/hosts`);
      expect(await hosts()).toContain("named");
      await remove("named");
      await waitFor(async () => !(await names()).includes('"named"'), "the box to go");
      const { stdout } = await host.inBox(["--net", "bridge", "--ip", "10.213.0.52"], "echo here");
      expect(stdout).toBe("here\n");
      expect(await hosts()).not.toContain("named");
    });

    test("a box that is removed and started again at once has its port and its address again", async () => {
      const flags = ["--net", "bridge", "--ip", "10.213.0.70", "-p", "8087:80"];
      for (let n = 0; n < 10; n++) {
        await start("again", flags, "sleep 1000");
        await remove("again");
      }
      for (let n = 0; n < 10; n++)
        expect((await host.nsbox("run", "--name", "again", ...flags, "--", "true")).stderr).toBe("");
      // Its namespace lives on with another box in it: the port is free then, and the address is not.
      await start("again", flags, "sleep 1000");
      await start("guest", ["--net", "container:again"], "sleep 1000");
      await remove("again");
      expect(await host.nsbox("port", "guest")).toMatchObject({ stdout: "", stderr: "" });
      expect((await host.nsbox("run", "--net", "bridge", "-p", "8087:80", "--", "true")).stderr).toBe("");
      const { stderr } = await host.nsbox("run", ...flags, "--", "true");
      expect(stderr).toContain('Cannot use --ip 10.213.0.70: the box of "again" has it');
      await remove("guest");
    });

    test("neighbours find it by its new name, once it has one", async () => {
      await start("old", ["--net", "bridge"], helloServer(80, "data"));
      expect((await host.inBox(["--net", "bridge"], `${CURL} http://old/`)).stdout).toBe("data");
      await start("eye", ["--net", "bridge"], "sleep 1000");
      const seen = async (): Promise<string> => (await host.nsbox("exec", "eye", "cat", "/etc/hosts")).stdout;
      expect(await seen()).toMatch(/\told$/m);
      expect((await host.nsbox("rename", "old", "new")).stderr).toBe("");
      expect(await seen()).toMatch(/\tnew$/m);
      expect(await seen()).not.toMatch(/\told$/m);
      expect((await host.inBox(["--net", "bridge"], `${CURL} http://new/; getent hosts old`)).stdout).toBe("data");
      expect((await host.nsbox("net", "inspect", "default")).stdout).toMatch(/^new /m);
    });

    test("neighbours find it by name, and net connect and disconnect know it", async () => {
      expect((await host.nsbox("net", "create", "back", "--subnet", "10.60.0.0/24")).stderr).toBe("");
      await start("db", ["--net", "bridge"], helloServer(80, "data"));
      expect((await host.inBox(["--net", "bridge"], `${CURL} http://db/`)).stdout).toBe("data");
      expect((await host.nsbox("net", "connect", "back", "db")).stdout).toContain(
        "db is in back as 10.60.0.2, on eth1",
      );
      expect((await host.inBox(["--net", "bridge:back"], `${CURL} http://db/`)).stdout).toBe("data");
      expect((await host.nsbox("net", "disconnect", "back", "db")).stderr).toBe("");
      await start("alone", [], "sleep 1000");
      expect((await host.nsbox("net", "connect", "back", "alone", "--name", "alone")).stdout).toContain("on eth0");
      expect((await host.nsbox("exec", "alone", "ip", "-o", "-4", "addr", "show", "eth0")).stdout).toContain(
        "10.60.0.",
      );
      await remove("db", "alone");
      await waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the devices to go");
      expect((await host.nsbox("net", "rm", "back")).stderr).toBe("");
    });

    test("--net container: shares the network of a box that lives on", async () => {
      await start("home", ["--net", "bridge"], helloServer(80, "same"));
      await start("guest", ["--net", "container:home"], `${CURL} http://127.0.0.1/`);
      expect((await host.nsbox("wait", "guest")).stdout).toBe("0\n");
      expect((await host.nsbox("logs", "guest")).stdout).toBe("same");
      await remove("home", "guest");
    });

    test("on pasta: reaches the world, its port leads to it, and its helper ends with it", async () => {
      await using world = await host.startOutside(addressServer(8000));
      expect(world.ready).toBe("ready");
      const script = `${CURL} http://${CABLE.outside4}:8000/; ${helloServer(80, "hello")}`;
      await start("free", ["--net", "pasta", "-p", "9090:80"], script);
      expect((await host.outside(`${CURL} http://${CABLE.host4}:9090/`)).stdout).toBe("hello");
      expect((await host.nsbox("logs", "free")).stdout).toBe(`::ffff:${CABLE.host4}ready\n`);
      const json = JSON.parse((await host.nsbox("port", "free", "--json")).stdout);
      expect(json[0]).toEqual({ protocol: "tcp", boxPort: 80, hostIp: "0.0.0.0", hostPort: 9090, through: "pasta" });
      expect((await host.nsbox("port", "free", "80")).stdout).toBe("0.0.0.0:9090\n[::]:9090\n");
      const { network } = JSON.parse((await host.nsbox("inspect", "free", "--json")).stdout);
      const port = { protocol: "tcp", hostIp: null, hostPort: 9090, boxPort: 80 };
      expect(network.helper).toMatchObject({ program: expect.stringMatching(/^pasta/), ports: [port] });
      expect(undocumented(new Set(leavesOf({ network }, "")))).toEqual([]);
      expect((await host.nsbox("inspect", "free")).stdout).toMatch(/pasta\S* +\d+ +9090 -> 80\/tcp/);
      const [keeper = 0] = await keepers();
      const helper = Number((await host.must(`pgrep -P ${keeper}`)).trim());
      await remove("free");
      await waitFor(() => !isAlive(helper) && !isAlive(keeper), "pasta and the keeper to end");
    });

    test("on pasta, without privileges: the same, and port tells its owner", async () => {
      using state = tempDir();
      chownSync(state.path, NOBODY, NOBODY);
      const user = (...words: readonly string[]): Promise<RunResult> => {
        const [setpriv = "", ...rest] = host.userNsbox(...words);
        const env = rest.indexOf("env") + 1;
        return host.run([setpriv, ...rest.slice(0, env), `NSBOX_STATE_DIR=${state.path}/own`, ...rest.slice(env)]);
      };
      const words = ["run", "-d", "--json", "--name", "free", "--net", "pasta", "-p", "9091:80", "--", "sh", "-c"];
      const { stdout, stderr } = await user(...words, helloServer(80, "hello"));
      expect(stderr).toBe("");
      expect((await host.outside(`${CURL} http://${CABLE.host4}:9091/`)).stdout).toBe("hello");
      expect((await user("port", "free", "80")).stdout).toBe("0.0.0.0:9091\n[::]:9091\n");
      const [keeper = 0] = await keepers();
      const helper = Number((await host.must(`pgrep -P ${keeper}`)).trim());
      process.kill(JSON.parse(stdout).pid, "SIGKILL");
      await waitFor(() => !isAlive(helper) && !isAlive(keeper), "pasta and the keeper to end");
      expect((await user("rm", "free")).stderr).toBe("");
    });

    test("a keeper that is killed takes pasta with it, and the box lives on", async () => {
      const init = await start("cut", ["--net", "pasta"], "sleep 1000");
      const [keeper = 0] = await keepers();
      const helper = Number((await host.must(`pgrep -P ${keeper}`)).trim());
      process.kill(keeper, "SIGKILL");
      await waitFor(() => !isAlive(helper), "pasta to end");
      expect(isAlive(init)).toBe(true);
      await remove("cut");
    });

    test("on slirp4netns, where only that is installed: it is there, and ends with the box", async () => {
      const pasta = Bun.which("pasta") ?? "";
      await host.must(`mount --bind /dev/null ${pasta}`);
      await using world = await host.startOutside(addressServer(8000));
      expect(world.ready).toBe("ready");
      await start("slow", ["--net", "pasta"], `${CURL} http://${CABLE.outside4}:8000/; sleep 1000`);
      const [keeper = 0] = await keepers();
      const helper = Number((await host.must(`pgrep -P ${keeper}`)).trim());
      await waitFor(async () => (await host.nsbox("logs", "slow")).stdout === `::ffff:${CABLE.host4}`, "its answer");
      await remove("slow");
      await waitFor(() => !isAlive(helper) && !isAlive(keeper), "slirp4netns and the keeper to end");
      await host.must(`umount ${pasta}`);
    });

    test("a box that is started again, and one with a terminal, keep their networks and ports", async () => {
      const again = "mkdir -p /tmp/www; printf again > /tmp/www/index.html; busybox httpd -p 80 -h /tmp/www; sleep 0.3";
      await start("again", ["--restart", "always", "--net", "bridge", "-p", "8085:80"], again);
      await start("tty", ["-t", "--net", "bridge", "-p", "8086:80"], helloServer(80, "hello"));
      const starts = async (): Promise<number> => {
        const list = JSON.parse((await host.nsbox("ps", "--json")).stdout);
        return list.find(({ name }: { name: string }) => name === "again")?.starts ?? 0;
      };
      await waitFor(async () => (await starts()) > 1, "a second start");
      expect((await host.outside(`${CURL} http://${CABLE.host4}:8085/`)).stdout).toBe("again");
      expect((await host.outside(`${CURL} http://${CABLE.host4}:8086/`)).stdout).toBe("hello");
      await remove("again", "tty");
      await waitFor(async () => (await rules()) === "", "the rules to go");
    });

    test("what can't be started leaves neither box nor rules", async () => {
      // Nor do boxes of other tests, whose namespaces may take a while to go.
      await waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the devices to go");
      await host.nsbox("net", "prune");
      for (const flags of [
        ["--net", "bridge", "-p", "8083:80"],
        ["--net", "pasta"],
      ]) {
        const words = ["run", "-d", "--name", "never", ...flags, "--", "no-such-command"];
        expect(await host.nsbox(...words)).toMatchObject({ stdout: "", exitCode: 127 });
      }
      expect(await rules()).toBe("");
      await waitFor(async () => (await keepers()).length === 0, "the keepers to end");
      expect((await host.nsbox("ps", "-aq")).stdout).toBe("");
      expect(await host.must("ls $NSBOX_STATE_DIR/net/default/leases")).toBe("");
      expect(await host.must("ls -A $NSBOX_STATE_DIR/boxes")).toBe("");
    });

    describe("nsbox port", () => {
      test("does not believe a box that calls a process of its own pasta", async () => {
        const init = await start("liar", ["--net", "bridge"], "sleep 1000");
        // It stands still by itself: a child of its own would outlive it.
        const lie = `echo ready; exec -a pasta bash -c 'kill -STOP $$; :' x --tcp-ports 22:23 ${init}`;
        {
          await using inside = await host.startHere([NSBOX, "exec", "liar", "bash", "-c", lie]);
          expect(inside.ready).toBe("ready");
          await waitFor(async () => (await host.must("pgrep -af '^pasta' || true")).includes("22:23"), "the liar");
          expect(await host.nsbox("port", "liar")).toMatchObject({ stdout: "", stderr: "" });
        }
        // The same by root, on the host, is believed.
        await using outside = await host.startHere(["bash", "-c", lie]);
        expect(outside.ready).toBe("ready");
        const told = async (): Promise<string> => (await host.nsbox("port", "liar")).stdout;
        await waitFor(async () => (await told()) === "23/tcp -> 0.0.0.0:22\n23/tcp -> [::]:22\n", "its port");
      });

      test("tells of a box in the foreground by its name in a network, and by PID", async () => {
        await using box = await host.start(
          ["--net", "bridge", "--name", "front", "-p", "127.0.0.1:8084:80", "-p", "5300:53/udp"],
          "echo ready; exec sleep 1000",
        );
        expect(box.ready).toBe("ready");
        const { stdout } = await host.nsbox("port", "front");
        expect(stdout).toBe("53/udp -> 0.0.0.0:5300\n53/udp -> [::]:5300\n80/tcp -> 127.0.0.1:8084\n");
        const views = JSON.parse((await host.nsbox("net", "inspect", "default", "--json")).stdout);
        const pid = String(views[0].boxes.find(({ name }: { name: string }) => name === "front").pid);
        expect((await host.nsbox("port", pid)).stdout).toBe(stdout);
        expect((await host.nsbox("port", "front", "53/udp")).stdout).toBe("0.0.0.0:5300\n[::]:5300\n");
      });

      test.each([
        [["nobody"], 'Cannot show the ports of "nobody": no box of this name runs'],
        [[], "Cannot show ports: no box is named"],
        [["1", "x"], 'Cannot use "x": it is not a port of the box'],
        [["1", "2", "3"], '"3" is one word too many'],
      ])("%j is refused: %s", async (words, message) => {
        const { stdout, stderr, exitCode } = await host.nsbox("port", ...words);
        expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
        expect(stderr).toContain(message);
      });

      test("of a process on the host's network says that there are none", async () => {
        expect((await host.nsbox("port", String(host.pid))).stderr).toContain("it is on the host's own network");
      });
    });
  },
);

/** Binds as servers do, with SO_REUSEADDR, and says what came of it. */
const BIND_REUSED = `import socket, sys, errno
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("", int(sys.argv[1]))); s.listen(); print("bound")
except OSError as e: print(errno.errorcode[e.errno])`;
