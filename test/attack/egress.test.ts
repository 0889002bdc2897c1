// Going around --allow-host: line 29 of docs/security.md. Each way is tried from within a box against the real proxy, must
// not reach what is not listed, and must stand in the log.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { LogLine } from "#src/egress/connection-log.ts";
import { inBox } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { type RunResult, startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

const SECRET = "the secret of another host";

/** A server on the host's loopback that answers once, and keeps what it was sent. */
function recorder(answer: string): { readonly port: number; readonly got: () => string } & Disposable {
  let got = "";
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, bytes) => {
        got += bytes.toString("latin1");
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
      },
    },
  });
  return { port: server.port, got: () => got, [Symbol.dispose]: () => void server.stop(true) };
}

/** What a client inside needs: say(bytes…) to the proxy, and what came back. */
const CLIENT = `
import socket, ssl, sys, time
def dial():
    s = socket.create_connection(("127.0.0.1", 3128)); s.settimeout(10); return s
def read(s):
    got = b""
    try:
        while True:
            part = s.recv(65536)
            if not part: break
            got += part
    except OSError: pass
    return got
def say(*parts):
    s = dial()
    try:
        for part in parts: s.sendall(part); time.sleep(0.05)
    except OSError: pass
    got = read(s); s.close()
    print(got.decode("latin1"), flush=True)
def socks(name, port):
    s = dial(); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
    s.sendall(b"\\x05\\x01\\x00\\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    reply = s.recv(10)
    print("socks", reply[1] if len(reply) > 1 else "closed", flush=True)
    if len(reply) > 1 and reply[1] == 0: s.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n"); print(read(s))
`;

interface Attempt extends RunResult {
  readonly log: readonly LogLine[];
}

/** Runs the Python script in a box that may reach these hosts; gives what it printed, and the log. */
async function attempt(allow: string, script: string): Promise<Attempt> {
  using dir = tempDir();
  await Bun.write(dir.join("attack.py"), CLIENT + script);
  const flags = [
    "--allow-host",
    allow,
    "--net-log",
    dir.join("log"),
    "--ro",
    `${dir.join("attack.py")}:/tmp/attack.py`,
  ];
  const result = await inBox(flags, "python3 /tmp/attack.py");
  const lines = readFileSync(dir.join("log"), "utf8").split("\n").filter(Boolean);
  return { ...result, log: lines.map((line) => JSON.parse(line) as LogLine) }; // as the log has it
}

const refusals = ({ log }: Attempt): readonly LogLine[] => log.filter(({ verdict }) => verdict === "refused");

/** Names for 127.0.0.1 that are not the one on the list. */
const DISGUISES: readonly (readonly [form: string, host: string])[] = [
  ["its address", "127.0.0.1"],
  ["a decimal number", "2130706433"],
  ["octal numbers", "0177.0.0.1"],
  ["a hex number", "0x7f000001"],
  ["hex parts", "0x7f.0.0.1"],
  ["fewer parts", "127.1"],
  ["IPv4 in IPv6", "[::ffff:127.0.0.1]"],
  ["IPv4 in IPv6, in hex", "[::ffff:7f00:1]"],
  ["NAT64", "[64:ff9b::7f00:1]"],
  ["a zone", "[::1%lo]"],
  ["upper case and a trailing dot", "LOCALHOST."],
  ["two trailing dots", "localhost.."],
  ["a user before it", "listed.example@127.0.0.1"],
  ["a listed host as user and port", "localhost:80@127.0.0.1"],
  ["a port in the name", "127.0.0.1:80"],
  ["a space", "127.0.0.1 "],
  ["a NUL", "localhost\\x00.example"],
  ["letters that only look so", "loc\\xe0lhost"],
];

describeWith(["userns", "python3"], "network, 29: a host that is not listed", () => {
  test.each(DISGUISES)(
    "is not reached as %s, by CONNECT, plain HTTP or SOCKS5, and each is logged",
    async (_, host) => {
      using secret = recorder(SECRET);
      using listed = recorder("listed");
      const to = `${host}:${secret.port}`;
      const script = `
say(b"CONNECT ${to} HTTP/1.1\\r\\n\\r\\n", b"GET / HTTP/1.1\\r\\n\\r\\n")
say(b"GET http://${to}/ HTTP/1.1\\r\\nHost: localhost:${listed.port}\\r\\n\\r\\n")
socks(b"${host.replace(/^\[|\]$/g, "")}", ${secret.port})
`;
      const tried = await attempt(`localhost:${listed.port}`, script);
      expect(tried.stderr).toBe("");
      expect(tried.stdout).not.toContain(SECRET);
      expect(tried.stdout).toMatch(/socks [1-9]/);
      expect(secret.got()).toBe("");
      expect(refusals(tried)).toHaveLength(3);
      for (const { reason, process } of refusals(tried))
        expect([reason !== "", process?.command]).toEqual([true, "python3 /tmp/attack.py"]);
    },
  );

  test("is reached where it is listed: the attacks above fail for their disguise alone", async () => {
    using server = recorder("listed");
    const script = `
say(b"GET http://LOCALHOST.:${server.port}/ HTTP/1.1\\r\\n\\r\\n")
say(b"CONNECT localhost:${server.port} HTTP/1.1\\r\\n\\r\\n", b"GET / HTTP/1.1\\r\\n\\r\\n")
socks(b"localhost", ${server.port})
`;
    const { stdout, log } = await attempt(`localhost:${server.port}`, script);
    expect(stdout.match(/listed/g)).toHaveLength(3);
    expect(log.map(({ verdict }) => verdict)).toEqual(["allowed", "allowed", "allowed"]);
  });

  test("is not spoken to by TLS behind a CONNECT to one that is, and the box's client is told by an alert", async () => {
    using server = recorder("x");
    const script = `
for name in ["evil.example", "localhost"]:
    s = dial(); s.sendall(b"CONNECT localhost:${server.port} HTTP/1.1\\r\\n\\r\\n"); print(s.recv(99))
    c = ssl.create_default_context()
    try: c.wrap_socket(s, server_hostname=name)
    except ssl.SSLError as e: print(name, e.reason)
    except OSError as e: print(name, type(e).__name__)
s = dial(); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
s.sendall(b"\\x05\\x01\\x00\\x03\\x09localhost" + (${server.port}).to_bytes(2, "big")); s.recv(10)
try: ssl.create_default_context().wrap_socket(s, server_hostname="evil.example")
except OSError as e: print("socks", getattr(e, "reason", e))
`;
    const tried = await attempt(`localhost:${server.port}`, script);
    expect(tried.stderr).toBe("");
    expect(tried.stdout).toContain("evil.example TLSV1_ALERT_ACCESS_DENIED");
    expect(tried.stdout).toContain("socks TLSV1_ALERT_ACCESS_DENIED");
    expect(server.got()).not.toContain("evil.example");
    expect(server.got()).toContain("localhost"); // the second, which the list allows
    const reasons = refusals(tried).map(({ reason }) => reason);
    expect(reasons).toEqual([
      `localhost:${server.port} is refused: its TLS is for evil.example, of which that holds: it is not on the list of --allow-host`,
      `localhost:${server.port} is refused: its TLS is for evil.example, of which that holds: it is not on the list of --allow-host`,
    ]);
  });

  test("is not reached by a second request on the connection to one that is", async () => {
    using server = recorder("listed");
    using secret = recorder(SECRET);
    const first = `GET http://localhost:${server.port}/one HTTP/1.1\\r\\n\\r\\n`;
    const second = `GET http://localhost:${secret.port}/two HTTP/1.1\\r\\nHost: localhost:${secret.port}\\r\\n\\r\\n`;
    const post = `POST http://localhost:${server.port}/three HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nbody`;
    const script = `
say(b"${first}${second}")
say(b"${first}", b"${second}")
say(b"${post}${second}")
`;
    const tried = await attempt(`localhost:${server.port}`, script);
    expect(tried.stdout.match(/listed/g)).toHaveLength(3); // the first is answered
    expect(tried.stdout).not.toContain(SECRET);
    expect(secret.got()).toBe("");
    expect(server.got()).not.toContain("two");
    expect(refusals(tried).map(({ reason }) => reason?.replace(/.*: /, ""))).toEqual(
      Array.from({ length: 3 }, () => "a second request on one connection"),
    );
  });

  test.each([
    ["a length beside chunks", "Content-Length: 6\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nG"],
    ["two lengths", "Content-Length: 0\\r\\nContent-Length: 44\\r\\n\\r\\n"],
    ["a space before the colon", "Transfer-Encoding : chunked\\r\\n\\r\\n0\\r\\n\\r\\n"],
    ["an unknown coding", "Transfer-Encoding: xchunked\\r\\n\\r\\n"],
    ["a folded header", "X: 1\\r\\n Content-Length: 9\\r\\n\\r\\n"],
    ["a bare line feed", "X: 1\\nContent-Length: 9\\r\\n\\r\\n"],
  ])("is not smuggled to by %s", async (_, rest) => {
    using server = recorder("listed");
    const script = `say(b"POST http://localhost:${server.port}/ HTTP/1.1\\r\\n${rest}GET /smuggled HTTP/1.1\\r\\n\\r\\n")`;
    const tried = await attempt(`localhost:${server.port}`, script);
    expect(tried.stdout).toStartWith("HTTP/1.1 400 Bad Request");
    expect(server.got()).toBe("");
    expect(refusals(tried)).toHaveLength(1);
  });

  test("is not smuggled to behind the last chunk, nor by a malformed one", async () => {
    using server = recorder("listed");
    const head = `POST http://localhost:${server.port}/ HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n`;
    const script = `
say(b"${head}0\\r\\n\\r\\nGET /smuggled HTTP/1.1\\r\\n\\r\\n")
say(b"${head}4\\r\\nbodyGET /smuggled HTTP/1.1\\r\\n\\r\\n0\\r\\n\\r\\n")
`;
    const tried = await attempt(`localhost:${server.port}`, script);
    expect(server.got()).not.toContain("smuggled");
    expect(refusals(tried).map(({ reason }) => reason?.replace(/.*: /, ""))).toEqual([
      "a second request on one connection",
      "its chunks are malformed",
    ]);
  });

  test("a head of 10 MB is refused, and logged", async () => {
    const tried = await attempt("example.org", `say(b"GET http://example.org/ HTTP/1.1\\r\\nX: " + b"x" * 10_000_000)`);
    expect(tried.stdout).toStartWith("HTTP/1.1 400 Bad Request");
    expect(refusals(tried).map(({ reason }) => reason)).toEqual(["its head is too long"]);
  });

  test("1,000 connections that say nothing are bounded, logged, and keep nobody out", async () => {
    using dir = tempDir();
    using server = recorder("listed");
    const script = `
many = []
for n in range(1000):
    s = dial(); s.sendall(b"CONNECT local"); many.append(s)
say(b"GET http://localhost:${server.port}/ HTTP/1.1\\r\\n\\r\\n")
print("waiting", flush=True)
sys.stdin.read()
`;
    await Bun.write(dir.join("attack.py"), CLIENT + script);
    const flags = ["--allow-host", `localhost:${server.port}`, "--net-log", dir.join("log")];
    const file = ["--ro", `${dir.join("attack.py")}:/tmp/attack.py`, "--rlimit", "nofile=2000"];
    const box = startNsbox(["run", ...flags, ...file, "--", "python3", "/tmp/attack.py"]);
    let said = "";
    const reader = box.stdout.getReader();
    while (!said.includes("waiting")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(await box.stderr.text());
      said += new TextDecoder().decode(value);
    }
    expect(said).toContain("listed");
    const proxy = Number(Bun.spawnSync(["pgrep", "-f", `egress-proxy ${box.pid} `]).stdout.toString());
    await waitFor(() => readdirSync(`/proc/${proxy}/fd`).length < 200, "the proxy to have let go of most");
    const silent = (): number =>
      readFileSync(dir.join("log"), "utf8")
        .split("\n")
        .filter((line) => line.includes("it said nothing, and 128 others wait")).length;
    await waitFor(() => silent() === 1000 + 1 - 128, "each of them to be in the log");
    box.kill("SIGTERM");
    await box.exited;
  });
});
