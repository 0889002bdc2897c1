// --net macvlan:DEVICE: a box as a machine on the host's own network.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, NetHost } from "#test/support/net-host.ts";

describeWith(["root", "ip", "curl", "macvlan"], "nsbox run --net macvlan", () => {
  test("has an address of its own on the device's network, and its default route", async () => {
    await using host = await NetHost.open();
    await using server = await host.startOutside(addressServer(8000));
    expect(server.ready).toBe("ready");
    const addresses = ["--ip", "198.51.100.77/24", "--ip6", "2001:db8::77/64"];
    const flags = ["--net", "macvlan:up0", ...addresses, "--mac", "02:00:00:00:00:77"];
    const curl = "curl -sS --max-time 5 --retry 20 --retry-connrefused --retry-delay 0";
    const script = `ip -o link show eth0; ip route; ip -6 route; ${curl} http://${CABLE.outside4}:8000/; echo; ${curl} 'http://[${CABLE.outside6}]:8000/'`;
    const { stdout, stderr } = await host.inBox(flags, script);
    expect(stderr).toBe("");
    for (const part of ["02:00:00:00:00:77", `default via ${CABLE.outside4} dev eth0`, `default via ${CABLE.outside6}`])
      expect(stdout).toContain(part);
    expect(stdout).toEndWith("::ffff:198.51.100.77\n2001:db8::77");
    expect(await host.must("ip -br link")).not.toContain("eth0");
  });
});
