import type { Box, Demo } from "#src/demo/proof.ts";

const DEVICES = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
/** An address that nothing outside is likely to have bound; 0x63 is 99, 0x50 is 80. */
const LISTEN =
  'exec perl -MIO::Socket::INET -e \'$s = IO::Socket::INET->new(LocalAddr => "127.0.0.99:80", Listen => 1) or die "$!\\n"; print "listening on 127.0.0.99:80\\n"; close STDOUT; close STDERR; <STDIN>\'';
const UP: Box = { namespaces: ["net"], steps: [{ kind: "loopback" }] };

export const NET_DEMO: Demo = {
  kind: "net",
  meaning: "network devices, addresses, routes, ports",
  manual: "network_namespaces(7)",
  run: "nsbox run -- ip address",
  proofs: [
    {
      statement: "A new network namespace has a loopback device of its own, and nothing else.",
      looks: [
        { name: "inside", command: `${DEVICES}\nreadlink /proc/self/ns/net`, box: { namespaces: ["net"], steps: [] } },
        { name: "outside", command: `${DEVICES}\nreadlink /proc/self/ns/net` },
      ],
      checks: [
        { kind: "matches", of: "inside", pattern: "^lo\\nnet:", says: "lo alone" },
        { kind: "differs", of: "inside", from: "outside" },
      ],
    },
    {
      statement: "Two boxes listen on the same port at once, and nobody outside hears of it.",
      needs: ["perl"],
      looks: [
        { name: "first box", command: LISTEN, box: UP },
        { name: "second box", command: LISTEN, box: UP },
        { name: "outside", command: "grep -c ' 6300007F:0050 .* 0A ' /proc/net/tcp" },
      ],
      checks: [
        { kind: "is", of: "first box", text: "listening on 127.0.0.99:80" },
        { kind: "is", of: "second box", text: "listening on 127.0.0.99:80" },
        { kind: "is", of: "outside", text: "0" },
      ],
    },
  ],
};
