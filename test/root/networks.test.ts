// `nsbox net`, isolation between networks, many boxes at once, and what is left when they are killed.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { helloServer, NetHost } from "#test/support/net-host.ts";
import { waitFor } from "#test/support/nsbox.ts";

const CURL = "curl -sS --max-time 2 --retry 20 --retry-connrefused --retry-max-time 5";

describeWith(["root", "ip", "nft", "curl", "busybox"], "nsbox net", () => {
  let host: NetHost;
  beforeAll(async () => {
    host = await NetHost.open();
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const json = async (...words: readonly string[]): Promise<unknown> => {
    const { stdout, stderr } = await host.nsbox("net", ...words, "--json");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const deviceGone = (): Promise<true> =>
    waitFor(async () => !(await host.must("ip -br link")).includes("nsv"), "the devices to go");

  test("says what to do where there is no network yet", async () => {
    expect((await host.nsbox("net", "ls")).stdout).toContain("nsbox run --net bridge makes one");
  });

  test("create, ls, inspect and rm make a network, show it, and remove it", async () => {
    const made = await host.nsbox("net", "create", "back", "--subnet", "10.50.0.0/24", "--mtu", "1400");
    expect(made.stderr).toBe("");
    expect(made.stdout).toContain("made back with 10.50.0.0/24 and fd");
    await using box = await host.start(["--net", "bridge:back", "--name", "db"], "echo ready; sleep 60");
    expect(box.ready).toBe("ready");
    expect(await json("ls")).toMatchObject([{ name: "back", bridge: "nsb-back", up: true, boxes: [{ name: "db" }] }]);
    const { stdout } = await host.nsbox("net", "inspect", "back");
    for (const part of ["10.50.0.0/24, gateway 10.50.0.1", "db", "10.50.0.2 fd", "nsv"]) expect(stdout).toContain(part);
    const refused = await host.nsbox("net", "rm", "back");
    expect(refused.stderr).toContain('Cannot remove the network "back": it has boxes: db');
    expect((await host.nsbox("net", "rm", "--force", "back")).stderr).toBe("");
    expect(await json("ls")).toEqual([]);
    expect(await host.must("ip -br link; nft list tables")).not.toMatch(/nsb-|nsv/);
  });

  test("a network may have the name of anything that nsbox keeps beside it", async () => {
    for (const name of ["lock", "net", "boxes"]) {
      expect((await host.nsbox("net", "create", name)).stderr).toBe("");
      expect((await host.nsbox("net", "rm", name)).stderr).toBe("");
    }
  });

  test("networks do not reach each other, and an internal one reaches nothing else", async () => {
    await json("create", "red", "--subnet", "10.51.0.0/24");
    await json("create", "blue", "--subnet", "10.52.0.0/24", "--internal");
    await using server = await host.start(["--net", "bridge:red"], helloServer(80, "hello"));
    expect(server.ready).toBe("ready");
    expect((await host.inBox(["--net", "bridge:red"], `${CURL} http://10.51.0.2/`)).stdout).toBe("hello");
    expect((await host.inBox(["--net", "bridge"], "curl -sS --max-time 1 http://10.51.0.2/")).exitCode).toBe(28);
    expect((await host.inBox(["--net", "bridge:blue"], "curl -sS --max-time 1 http://10.51.0.2/")).exitCode).not.toBe(
      0,
    );
    expect((await host.inBox(["--net", "bridge:blue"], "ip route")).stdout).not.toContain("default");
  });

  test("a box in two networks reaches both, by name, and leaves by the first", async () => {
    await using server = await host.start(["--net", "bridge:blue", "--name", "inner"], helloServer(80, "deep"));
    expect(server.ready).toBe("ready");
    const script = `ip route show default | grep -c eth0; ${CURL} http://inner/`;
    const { stdout, stderr } = await host.inBox(["--net", "bridge:red,blue"], script);
    expect({ stdout, stderr }).toEqual({ stdout: "1\ndeep", stderr: "" });
  });

  test("connect and disconnect put a running box into a network and take it out", async () => {
    await using box = await host.start(["--net", "bridge:red", "--name", "mover"], helloServer(80, "moved"));
    expect(box.ready).toBe("ready");
    const unreached = await host.inBox(["--net", "bridge:blue"], "curl -sS --max-time 1 http://mover/");
    expect(unreached.exitCode).not.toBe(0);
    expect(await json("connect", "blue", "mover", "--ip", "10.52.0.40")).toMatchObject({
      ip4: "10.52.0.40",
      device: "eth1",
    });
    expect((await host.inBox(["--net", "bridge:blue"], `${CURL} http://mover/`)).stdout).toBe("moved");
    expect((await host.nsbox("net", "connect", "blue", "mover")).stderr).toContain("already, as 10.52.0.40");
    expect((await host.nsbox("net", "disconnect", "blue", "mover")).stderr).toBe("");
    expect((await host.inBox(["--net", "bridge:blue"], "curl -sS --max-time 1 http://10.52.0.40/")).exitCode).not.toBe(
      0,
    );
    expect((await host.inBox(["--net", "bridge:red"], `${CURL} http://mover/`)).stdout).toBe("moved");
  });

  test("--net container: is on the very network of another box", async () => {
    await using box = await host.start(["--net", "bridge:red", "--name", "home"], helloServer(80, "same"));
    expect(box.ready).toBe("ready");
    const { stdout, stderr } = await host.inBox(["--net", "container:home"], `${CURL} http://127.0.0.1/`);
    expect({ stdout, stderr }).toEqual({ stdout: "same", stderr: "" });
  });

  test("--net container: does not join who has got the PID of a box's first process", async () => {
    await using box = await host.start(["--net", "bridge:red", "--name", "gone"], helloServer(80, "same"));
    expect(box.ready).toBe("ready");
    // As if that had ended, others kept its network, and its PID had come back: by its start time it is another.
    await host.must(
      `cd $NSBOX_STATE_DIR/net/red/leases; sed -i 's/"startTicks": *[0-9]*/"startTicks": 1/' $(grep -l '"gone"' *)`,
    );
    const { stderr, exitCode } = await host.nsbox("run", "--net", "container:gone", "--", "true");
    expect(stderr).toContain('Cannot join the network of "gone": no box of that name is running');
    expect(exitCode).toBe(125);
    expect((await host.nsbox("net", "connect", "blue", "gone")).stderr).toContain("none has this name");
    expect((await host.nsbox("net", "inspect", "red")).stdout).toMatch(/^gone +10\.51/m);
  });

  test.each([
    [["create", "red"], ['Cannot make the network "red": there is one']],
    [
      ["create", "again", "--subnet", "10.51.0.0/16"],
      ["overlaps 10.51.0.0/24", "choose another"],
    ],
    [["create", "again", "--subnet", "198.51.100.128/25"], ["overlaps 198.51.100.0/24"]],
    [
      ["create", "again", "--subnet", "10.0.0.0/31"],
      ['Cannot parse --subnet "31"', "from 8 to 30"],
    ],
    [["create", "again", "--subnet6", "10.0.0.0/24"], ["it is not an IPv6 subnet"]],
    [["create", "a/b"], ["it is not a name for a network"]],
    [["create"], ["a name is missing", "nsbox net create NAME"]],
    [
      ["rm", "nowhere"],
      ['Cannot find the network "nowhere"', "nsbox net ls"],
    ],
    [["inspect", "nowhere"], ['Cannot find the network "nowhere"']],
    [
      ["inspect", "rde"],
      ['Cannot find the network "rde"', "did you mean red?"],
    ],
    [["rm", "bleu"], ["did you mean blue? nsbox net create bleu makes this one"]],
    [["connect", "red", "nobody"], ['Cannot find the box "nobody"']],
    [["disconnect", "nowhere", "x"], ['Cannot find the network "nowhere"']],
    [["list"], ['Cannot do net "list"', "did you mean nsbox net ls?"]],
    [[], ["net takes a verb", "create, ls"]],
  ])("%j is refused: %j", async (words, parts) => {
    const { stdout, stderr, exitCode } = await host.nsbox("net", ...words);
    for (const part of parts) expect(stderr).toContain(part);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 125 });
  });

  test("net ls takes back the rules of a box whose nsbox was killed", async () => {
    const box = await host.start(["--net", "bridge", "-p", "8123:80"], "echo ready; exec sleep 1000");
    expect(box.ready).toBe("ready");
    await box[Symbol.asyncDispose]();
    await deviceGone();
    expect(await host.must("nft list tables")).toContain("nsv");
    expect((await host.nsbox("net", "ls")).stderr).toBe("");
    expect(await host.must("nft list tables")).not.toContain("nsv");
  });

  test("connect refuses a process that is on the host itself", async () => {
    const { stderr } = await host.nsbox("net", "connect", "red", String(host.pid));
    expect(stderr).toContain(`Cannot connect ${host.pid}: it is on the host's own network`);
  });

  test("a user who is not root is told what to use instead", async () => {
    const { stderr } = await host.sh(
      "setpriv --reuid 65534 --regid 65534 --clear-groups env NSBOX_STATE_DIR=/tmp/nsbox-nobody " +
        `${process.env["NSBOX_BIN"] ?? `${import.meta.dir}/../../dist/nsbox`} run --net bridge -- true`,
    );
    expect(stderr).toContain("which takes root");
    expect(stderr).toContain("use --net pasta");
  });

  describe("with many boxes", () => {
    const MANY = 100;
    /** Of nsbox, on the host's network. */
    const processes = (): Promise<string> =>
      host.must(
        `for pid in $(pgrep -x 'nsbox|nsbox-net|nsbox-init'); do [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo $pid; done; true`,
      );
    const left = async (): Promise<string> =>
      host.must("ip -br link | grep nsv; nft list tables | grep nsv; ls $NSBOX_STATE_DIR/net/default/leases; true");

    test(`${MANY} at once each have an address of their own, and nothing is left of them`, async () => {
      await deviceGone();
      // Each stays until it may go on, so that all of them are there at once.
      const script = "ip -4 -o addr show eth0; cat >/dev/null";
      const boxes = Array.from({ length: MANY }, () => host.startLater(["--net", "bridge"], script));
      const readers = boxes.map((box) => box.stdout.getReader());
      const lines = await Promise.all(
        readers.map(async (reader) => new TextDecoder().decode((await reader.read()).value)),
      );
      expect(new Set(lines.map((line) => /inet (\S+)/.exec(line)?.[1])).size).toBe(MANY);
      expect(lines.join("")).not.toContain("undefined");
      for (const box of boxes) void box.stdin.end();
      expect(await Promise.all(boxes.map((box) => box.exited))).toEqual(boxes.map(() => 0));
      await deviceGone();
      expect(await left()).toBe("");
      expect(await processes()).toBe("");
    }, 120_000);

    test("killed at random moments they leave nothing that net prune doesn't clear away", async () => {
      const boxes = Array.from({ length: MANY }, (_, n) =>
        host.startLater(["--net", "bridge", "--publish", `${20_000 + n}:80`], "sleep 60"),
      );
      await Promise.all(
        boxes.map(async (box, n) => {
          await Bun.sleep((n * 37) % 900); // the moment to kill it, not something to wait for
          box.kill("SIGKILL");
          await box.exited;
        }),
      );
      await deviceGone();
      const { exitCode, stderr } = await host.nsbox("net", "prune");
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(await host.must("ip -br link; nft list tables")).not.toMatch(/nsv|nsb-default/);
      expect((await host.nsbox("net", "prune")).stdout).toBe("nothing to clear away\n");
      expect(await processes()).toBe("");
    }, 120_000);

    test("that live on, killed at random moments with their keepers, leave nothing either", async () => {
      const boxes = Array.from({ length: MANY }, (_, n) =>
        host.startLater(["-d", "--name", `box${n}`, "--net", "bridge", "-p", `${21_000 + n}:80`], "sleep 1000"),
      );
      await Promise.all(
        boxes.map(async (box, n) => {
          await Bun.sleep((n * 41) % 1500); // the moment to kill it, not something to wait for
          box.kill("SIGKILL"); // many have come back by then
          await box.exited;
        }),
      );
      // Every second keeper, then every box: nobody is there to take anything back for those.
      const mine = (await host.must("readlink /proc/self/ns/net")).trim();
      const own = (name: string): string =>
        `for pid in $(pgrep -x ${name}); do [ "$(readlink /proc/$pid/ns/net)" = "${mine}" ] && echo $pid; done; true`;
      await host.must(`${own("nsbox-net")} | awk 'NR % 2' | xargs -r kill -9`);
      const { stdout } = await host.nsbox("ps", "--json");
      for (const { pid } of JSON.parse(stdout)) process.kill(pid, "SIGKILL");
      await deviceGone();
      await waitFor(async () => (await processes()) === "", "the keepers to end");
      expect((await host.nsbox("net", "prune")).stderr).toBe("");
      expect(await host.must("ip -br link; nft list tables")).not.toMatch(/nsv|nsb-default/);
      expect((await host.nsbox("net", "prune")).stdout).toBe("nothing to clear away\n");
      await host.nsbox("prune");
      expect((await host.nsbox("ps", "-aq")).stdout).toBe("");
      expect(await host.must("ls -A $NSBOX_STATE_DIR/boxes")).toBe("");
    }, 180_000);
  });
});
