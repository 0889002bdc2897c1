import { describe, expect, test } from "bun:test";
import { ipv4Text, ipv6Text } from "#src/inspect/groups/net-address.ts";
import {
  parseInet6Addresses,
  parseInterfaces,
  parseLocalAddresses,
  placeAddresses,
} from "#src/inspect/groups/net-interfaces.ts";
import { parseInet6Routes, parseRoutes } from "#src/inspect/groups/net-routes.ts";
import { explainNetwork } from "#src/inspect/groups/network.ts";
import { diagListener, listenerText, parseInternet, parseUnix } from "#src/inspect/groups/net-sockets.ts";

const ROUTE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;

const FIB_TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`;

describe("ipv6Text()", () => {
  test.each([
    ["00000000000000000000000000000001", "network", "::1"],
    ["00000000000000000000000000000000", "network", "::"],
    ["fe8000000000000000fc00fffe000001", "network", "fe80::fc:ff:fe00:1"],
    ["20010db8000000010002000300040005", "network", "2001:db8:0:1:2:3:4:5"],
    ["00000000000000000000000001000000", "words", "::1"],
    ["0000000000000000FFFF00000100007F", "words", "::ffff:7f00:1"],
  ] as const)("%p in order of %s is %p", (hex, order, text) => {
    expect(ipv6Text(hex, order)).toBe(text);
  });

  test("gives nothing for what is no address", () => {
    expect(ipv6Text("fe80", "network")).toBeUndefined();
    expect(ipv4Text("xyz", "words")).toBeUndefined();
  });
});

describe("parseInterfaces()", () => {
  test("gives each with what it has received and sent, also where no blank follows the name", () => {
    const text = `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3849      41    0    0    0     0          0         0     3850      41    0    0    0     0       0          0
veth1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0
`;
    expect(parseInterfaces(text)).toEqual([
      { name: "lo", receivedBytes: 3849, sentBytes: 3850 },
      { name: "veth1", receivedBytes: 5, sentBytes: 6 },
    ]);
  });
});

describe("parseRoutes()", () => {
  test("tells a default route with its gateway from a network that is reached directly", () => {
    expect(parseRoutes(ROUTE)).toEqual([
      { family: 4, destination: "0.0.0.0", prefix: 0, gateway: "192.0.2.1", interface: "eth0", metric: 100 },
      { family: 4, destination: "192.0.2.0", prefix: 24, gateway: undefined, interface: "eth0", metric: 0 },
    ]);
  });
});

describe("parseInet6Routes()", () => {
  test("leaves out the machine's own addresses, multicast and refusals", () => {
    const zero = "0".repeat(32);
    const text = [
      `fd000000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
      `${zero} 00 ${zero} 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0`,
      `00000000000000000000000000000001 80 ${zero} 00 ${zero} 00000000 00000002 00000000 80200001       lo`,
      `ff000000000000000000000000000000 08 ${zero} 00 ${zero} 00000100 00000003 00000000 00000001     eth0`,
      `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
    ].join("\n");
    expect(parseInet6Routes(text)).toEqual([
      { family: 6, destination: "fd00::", prefix: 64, gateway: undefined, interface: "eth0", metric: 256 },
      { family: 6, destination: "::", prefix: 0, gateway: "fd00::1", interface: "eth0", metric: 1024 },
    ]);
  });
});

describe("addresses", () => {
  test("of IPv4 are those of the machine, on the interface that reaches their network", () => {
    expect(parseLocalAddresses(FIB_TRIE)).toEqual(["127.0.0.1", "192.0.2.2"]);
    expect(placeAddresses(["127.0.0.1", "192.0.2.2", "198.51.100.1"], parseRoutes(ROUTE))).toEqual([
      { address: "127.0.0.1", prefix: 8, interface: "lo" },
      { address: "192.0.2.2", prefix: 24, interface: "eth0" },
      { address: "198.51.100.1", prefix: undefined, interface: undefined },
    ]);
  });

  test("of IPv6 come with their interface", () => {
    expect(parseInet6Addresses("fd000000000000000000000000000002 04 40 00 82     eth0\n")).toEqual([
      { address: "fd00::2", prefix: 64, interface: "eth0" },
    ]);
  });
});

describe("listening sockets", () => {
  const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  const line = (state: string): string =>
    `   0: 0100007F:1F90 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 1679 1 0 100 0 0 10 0\n`;

  test("of TCP are those that listen, not the connected ones", () => {
    expect(parseInternet("tcp", head + line("0A") + line("01"))).toEqual([
      { protocol: "tcp", address: "127.0.0.1", port: 8080, uid: 1000, inode: 1679 },
    ]);
  });

  test("of UDP are those that are bound and not connected", () => {
    expect(parseInternet("udp", head + line("07") + line("01"))).toHaveLength(1);
  });

  test("of Unix have a name, which may hold blanks, and listen", () => {
    const text = `Num       RefCount Protocol Flags    Type St Inode Path
00000000240ef4fb: 00000002 00000000 00010000 0001 01  1675 /run/a b.sock
000000005ec9a18d: 00000003 00000000 00000000 0001 03  1676 /run/connected
000000005ec9a18e: 00000002 00000000 00010000 0001 01  1677 @abstract
000000005ec9a18f: 00000002 00000000 00010000 0001 01  1678
`;
    expect(parseUnix(text).map(({ address, inode }) => [address, inode])).toEqual([
      ["/run/a b.sock", 1675],
      ["@abstract", 1677],
    ]);
  });

  test("that the kernel tells of by netlink read the same", () => {
    const body = new Uint8Array(72);
    body.set([2, 10, 0, 0, 0x1f, 0x90, 0, 0, 127, 0, 0, 1]);
    const view = new DataView(body.buffer);
    view.setUint32(64, 1000, true);
    view.setUint32(68, 1679, true);
    const message = { type: 20, flags: 0, sequence: 1, body };
    const listener = { protocol: "tcp", address: "127.0.0.1", port: 8080, uid: 1000, inode: 1679 } as const;
    expect(diagListener(message)).toEqual(listener);
    const second = new Uint8Array([10, ...body.subarray(1, 8), ...new Uint8Array(15), 1, ...body.subarray(24)]);
    expect(diagListener({ ...message, body: second })).toEqual({ ...listener, protocol: "tcp6", address: "::1" });
    expect(diagListener({ ...message, type: 3 })).toBeUndefined();
    // Asked for in another user namespace, whose map leads out of it.
    expect(diagListener(message, [{ inside: 0, outside: 100_000, size: 1001 }])?.uid).toBe(101_000);
    expect(diagListener(message, [])).toEqual({ ...listener, uid: undefined });
  });

  test("name whose they are, where that is known and it is not the process itself", () => {
    const listener = { protocol: "tcp", address: "::", port: 80, uid: 1000, inode: 1 } as const;
    const listening = { value: [listener, { ...listener, inode: 2 }, { ...listener, uid: undefined, inode: 3 }] };
    const none = { value: [] };
    const { blocks } = explainNetwork(
      {
        interfaces: none,
        addresses: none,
        routes: none,
        neighbours: none,
        natRules: none,
        helper: undefined,
        listening,
      },
      [1],
    );
    const by = blocks.flatMap((block) => (block.kind === "table" ? block.rows.map((row) => row[1]) : []));
    expect(by).toEqual(["this", "uid 1000", "unknown"]);
  });

  test("are written as one types them", () => {
    const one = { protocol: "tcp6", uid: 0, inode: 1 } as const;
    expect(listenerText({ ...one, address: "::1", port: 80 })).toBe("[::1]:80");
    expect(listenerText({ ...one, address: "127.0.0.1", port: 80 })).toBe("127.0.0.1:80");
    expect(listenerText({ ...one, protocol: "unix", address: "@x", port: undefined })).toBe("@x");
  });
});
