// --net macvlan:DEVICE: a box as a machine on the host's own network.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, NetHost } from "#test/support/net-host.ts";

describeWith(["root", "ip", "curl", "macvlan"], "nsbox run --net macvlan", () => {
  test("has an address of its own on the device's network, and its default route", async () => {
    await using host = await NetHost.open();
    await using server = await host.startOutside(addressServer(8000));
    expect(server.ready).toBe("ready");
    const flags = ["--net", "macvlan:up0", "--ip", "198.51.100.77/24", "--mac", "02:00:00:00:00:77"];
    const script = `ip -o link show eth0; ip route; curl -sS --max-time 5 http://${CABLE.outside4}:8000/`;
    const { stdout, stderr } = await host.inBox(flags, script);
    expect(stderr).toBe("");
    for (const part of ["02:00:00:00:00:77", `default via ${CABLE.outside4} dev eth0`, "::ffff:198.51.100.77"])
      expect(stdout).toContain(part);
    expect(await host.must("ip -br link")).not.toContain("eth0");
  });
});
