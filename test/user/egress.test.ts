// --allow-host: a box that reaches the hosts on its list, through real clients, and none else. The servers stand on the
// loopback of the host, which no box sees.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { LogLine } from "#src/egress/connection-log.ts";
import { inBox, isAlive } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, type RunResult, startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

/** A web server outside, which says what it was asked. */
function webServer(): { readonly port: number } & Disposable {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      new Response(`${request.method} ${new URL(request.url).pathname} ${request.headers.get("host")}\n`),
  });
  return { port: server.port ?? 0, [Symbol.dispose]: () => void server.stop(true) };
}

function curl(flags: readonly string[], script: string): Promise<RunResult> {
  return inBox(flags, script.replaceAll("curl", "curl -sS -m 20"));
}

describeWith(["userns", "curl"], "a box with --allow-host", () => {
  test("reaches a listed host by plain HTTP, by CONNECT and by SOCKS5", async () => {
    using server = webServer();
    const at = `localhost:${server.port}`;
    const script = `curl http://${at}/plain; curl -p http://${at}/connect; http_proxy= HTTP_PROXY= curl http://${at}/socks`;
    const { stdout, stderr } = await curl(["--allow-host", at, "-e", "no_proxy=", "-e", "NO_PROXY="], script);
    expect(stderr).toBe("");
    expect(stdout).toBe(`GET /plain ${at}\nGET /connect ${at}\nGET /socks ${at}\n`);
  });

  test("does not reach what is not listed, and is told why", async () => {
    using server = webServer();
    const flags = ["--allow-host", "example.org", "-e", "no_proxy=", "-e", "NO_PROXY="];
    const { stdout } = await curl(flags, `curl http://localhost:${server.port}/`);
    expect(stdout).toBe(`nsbox: localhost:${server.port} is refused: it is not on the list of --allow-host\n`);
    const connect = await curl(flags, `curl -p http://localhost:${server.port}/`);
    expect([connect.stderr, connect.stdout]).toEqual([expect.stringContaining("403"), ""]);
  });

  test("does not reach the host's loopback through a name that points there", async () => {
    using server = webServer();
    // The machine's own name is in its /etc/hosts, as an address that is not public.
    const name = readFileSync("/etc/hostname", "utf8").trim();
    const flags = ["--allow-host", "*:*", "-e", "no_proxy=", "-e", "NO_PROXY="];
    const { stdout } = await curl(flags, `curl http://${name}:${server.port}/; curl http://127.0.0.1:${server.port}/`);
    expect(stdout).not.toContain("GET /");
    expect(stdout.match(/is (?:refused|not reached)/g)?.length).toBe(2);
    const listed = await curl(
      [...flags, "--allow-host", `127.0.0.1:${server.port}`],
      `curl http://127.0.0.1:${server.port}/x`,
    );
    expect(listed.stdout).toStartWith("GET /x");
  });

  test("has no other way out: no route, and the proxy can't be gone around", async () => {
    using server = webServer();
    const { stdout } = await curl(
      ["--allow-host", `localhost:${server.port}`],
      `curl --noproxy '*' http://127.0.0.1:${server.port}/ 2>&1; cat /proc/net/route | wc -l`,
    );
    expect(stdout).toContain("Failed to connect");
    expect(stdout).toEndWith("1\n");
  });

  test("passes many bytes both ways without loss", async () => {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => new Response(await request.bytes()),
    });
    const script = `head -c 20000000 /dev/urandom > /tmp/a; curl --data-binary @/tmp/a http://localhost:${server.port}/ | cmp - /tmp/a && echo same`;
    const { stdout, stderr } = await curl(
      ["--allow-host", `localhost:${server.port}`, "-e", "no_proxy=", "-e", "NO_PROXY="],
      script,
    );
    await server.stop(true);
    expect([stdout, stderr]).toEqual(["same\n", ""]);
  });

  test("has what it asked for written down: time, process, host, bytes, verdict", async () => {
    using dir = tempDir();
    using server = webServer();
    const at = `localhost:${server.port}`;
    const flags = ["--allow-host", at, "--deny-host", "evil.example", "--net-log", dir.join("log"), "-e", "no_proxy="];
    await curl(
      [...flags, "-e", "NO_PROXY="],
      `curl -o /dev/null http://${at}/; curl -o /dev/null http://evil.example/`,
    );
    const lines = readFileSync(dir.join("log"), "utf8").trim().split("\n");
    const [allowed, refused] = lines.map((line) => JSON.parse(line) as LogLine); // as the log has it
    expect(allowed).toMatchObject({ verdict: "allowed", host: "localhost", port: server.port, protocol: "http" });
    expect(allowed?.received).toBeGreaterThan(100);
    expect(allowed?.sent).toBeGreaterThan(30);
    expect(allowed?.address).toMatch(/^127\.0\.0\.1$|^::1$/);
    expect(allowed?.process?.command).toStartWith("curl -sS");
    expect(Date.parse(allowed?.time ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(refused).toMatchObject({
      verdict: "refused",
      host: "evil.example",
      reason: "evil.example:80 is refused: it is on the list of --deny-host",
    });
  });

  test("leaves no proxy behind, also where it is killed", async () => {
    const proxyOf = (launcher: number): number | undefined => {
      const { stdout } = Bun.spawnSync(["pgrep", "-f", `egress-proxy ${launcher} `]);
      return Number(stdout.toString().trim()) || undefined;
    };
    const ended = startNsbox(["run", "--allow-host", "example.org", "--", "true"]);
    const box = startNsbox(["run", "--allow-host", "example.org", "--", "sleep", "60"]);
    const proxy = await waitFor(() => proxyOf(box.pid), "the proxy");
    await ended.exited;
    await waitFor(() => proxyOf(ended.pid) === undefined, "the end of the proxy of a box that has ended");
    box.kill("SIGKILL");
    await box.exited;
    await waitFor(() => !isAlive(proxy), "the end of the proxy");
  });
});

describeWith(["userns", "git", "curl"], "git in a box with --allow-host", () => {
  test("clones from a listed host", async () => {
    using dir = tempDir();
    const make = `cd '${dir.path}' && git init -q r && cd r && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first && git update-server-info`;
    Bun.spawnSync(["sh", "-c", make]);
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const file = Bun.file(dir.join("r", ".git", decodeURIComponent(new URL(request.url).pathname)));
        return (await file.exists()) ? new Response(file) : new Response("", { status: 404 });
      },
    });
    const flags = ["--allow-host", `localhost:${server.port}`, "-e", "no_proxy=", "-e", "NO_PROXY="];
    const { stdout } = await inBox(
      flags,
      `cd /tmp && git clone -q http://localhost:${server.port}/ c 2>&1; git -C c log --format=%s`,
    );
    await server.stop(true);
    expect(stdout).toBe("first\n");
  });
});

describeWith(["userns", "npm", "wget"], "npm and wget in a box with --allow-host", () => {
  test("reach a listed host, and only that", async () => {
    const document = {
      name: "left",
      "dist-tags": { latest: "1.2.3" },
      versions: { "1.2.3": { name: "left", version: "1.2.3" } },
    };
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json(document) });
    const at = `http://localhost:${server.port}/`;
    const flags = ["--allow-host", `localhost:${server.port}`, "-e", "no_proxy=", "-e", "NO_PROXY=", "-e", "HOME=/tmp"];
    const { stdout } = await inBox(
      flags,
      `npm view left version --registry ${at} --cache /tmp/c 2>&1; wget -qO- ${at} | wc -c`,
    );
    const refused = await inBox(["--allow-host", "example.org", ...flags.slice(2)], `wget -O- ${at} 2>&1`);
    await server.stop(true);
    expect(stdout).toBe(`1.2.3\n${JSON.stringify(document).length}\n`);
    expect(refused.stdout).toContain("403 Forbidden");
  });
});

describe("--allow-host", () => {
  test.each([
    [["--deny-host", "a.b"], "Cannot use --deny-host without --allow-host: no host is reached at all"],
    [
      ["--allow-host", "a.b", "--net", "host"],
      "Cannot use --allow-host: the box has not got a network namespace of its own",
    ],
    [["--allow-host", "http://a.b"], 'Cannot parse --allow-host "http://a.b": "//a.b" is not a port'],
    [
      ["--allow-host", "a.b", "--net-log", "/proc/none"],
      'Cannot use --net-log "/proc/none": ENOENT (No such file or directory)',
    ],
  ])("%p is refused in one line", async (flags, message) => {
    const { stderr, exitCode } = await nsbox(["run", ...flags, "--", "true"]);
    expect([stderr.split("\n")[0], exitCode]).toEqual([`nsbox: ${message}`, 125]);
  });
});

/** The proxies of boxes whose list holds this host. */
function proxiesOf(host: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && commandOf(pid).includes(`"${host}"`) && commandOf(pid).includes("egress-proxy"));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

describeWith(["userns", "curl"], "the proxy of a box that lives on", () => {
  const host = `d${process.pid}.example.org`;
  const flags = ["--allow-host", host, "-e", "no_proxy=", "-e", "NO_PROXY="];

  test("lives without nsbox, and serves the box and what runs in it by exec", async () => {
    using server = webServer();
    await using boxes = openBoxState();
    const at = `localhost:${server.port}`;
    await boxes.start("a", `curl -sS http://${at}/box; sleep 1000`, [...flags, "--allow-host", at]);
    await waitFor(() => boxes.log("a") === `GET /box ${at}\n`, "the answer in the log");
    expect((await boxes.nsbox(["exec", "a", "curl", "-sS", `http://${at}/exec`])).stdout).toBe(`GET /exec ${at}\n`);
    expect(proxiesOf(host)).toHaveLength(1);
  });

  test.each(["stop -t 0", "rm -f", "kill"])("ends with the box: nsbox %s", async (command) => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000", flags);
    expect(proxiesOf(host)).toHaveLength(1);
    await boxes.nsbox([...command.split(" "), "a"]);
    await waitFor(() => proxiesOf(host).length === 0, "the proxy to end");
  });

  test("ends with the box where its init is killed, and where its command ends", async () => {
    await using boxes = openBoxState();
    process.kill(await boxes.start("a", "sleep 1000", flags), "SIGKILL");
    await boxes.start("b", "true", flags);
    await waitFor(() => proxiesOf(host).length === 0, "both proxies to end");
  });

  test("is not left behind where the command can't be started, nor where nsbox is killed on the way", async () => {
    await using boxes = openBoxState();
    expect((await boxes.nsbox(["run", "-d", ...flags, "--", "/no/such"])).exitCode).toBe(127);
    for (let delay = 0; delay < 40; delay += 2) {
      const child = startNsbox(["run", "-d", ...flags, "--", "sleep", "1000"], { env: boxes.env });
      await Bun.sleep(delay);
      child.kill("SIGKILL");
      await child.exited;
    }
    const running = async () => JSON.parse((await boxes.nsbox(["ps", "--json"])).stdout).length;
    await waitFor(async () => proxiesOf(host).length === (await running()), "a proxy for each box that lives");
  });

  test("where it is killed itself, the box reaches nothing", async () => {
    using server = webServer();
    await using boxes = openBoxState();
    const at = `localhost:${server.port}`;
    await boxes.start("a", "sleep 1000", [...flags, "--allow-host", at]);
    for (const pid of proxiesOf(host)) process.kill(pid, "SIGKILL");
    const { stdout, exitCode } = await boxes.nsbox(["exec", "a", "curl", "-sS", "-m", "5", `http://${at}/`]);
    expect(stdout).toBe("");
    expect(exitCode).not.toBe(0);
  });
});
