// --net ipvlan:DEVICE: a box that shares the hardware address of a device of the host.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { addressServer, CABLE, NetHost } from "#test/support/net-host.ts";
import { waitFor } from "#test/support/nsbox.ts";

describeWith(["root", "ip", "curl", "ipvlan"], "nsbox run --net ipvlan", () => {
  test("has addresses of its own on the device's network, of both versions, and its default routes", async () => {
    await using host = await NetHost.open();
    await using server = await host.startOutside(addressServer(8000));
    expect(server.ready).toBe("ready");
    const flags = ["--net", "ipvlan:up0", "--ip", "198.51.100.78/24", "--ip6", "2001:db8::78/64"];
    const curl = "curl -sS --max-time 5 --retry 20 --retry-connrefused --retry-delay 0";
    const script = `ip -o link show eth0; ip route; ip -6 route; ${curl} http://${CABLE.outside4}:8000/; echo; ${curl} 'http://[${CABLE.outside6}]:8000/'`;
    const { stdout, stderr } = await host.inBox(flags, script);
    expect(stderr).toBe("");
    const parent = /link\/ether (\S+)/.exec(await host.must("ip -o link show up0"))?.[1] ?? "none";
    for (const part of [parent, `default via ${CABLE.outside4} dev eth0`, `default via ${CABLE.outside6} dev eth0`])
      expect(stdout).toContain(part);
    expect(stdout).toEndWith("::ffff:198.51.100.78\n2001:db8::78");
    expect(await host.must("ip -br link")).not.toContain("eth0");
  });

  test("is there for a box that lives on, and ends with it", async () => {
    await using host = await NetHost.open();
    const flags = ["run", "-d", "--name", "neighbour", "--net", "ipvlan:up0", "--ip", "198.51.100.79/24"];
    expect((await host.nsbox(...flags, "--", "sleep", "1000")).stderr).toBe("");
    await waitFor(async () => (await host.outside("ping -c 1 -W 1 198.51.100.79")).exitCode === 0, "an answer");
    const { stdout } = await host.nsbox("inspect", "neighbour", "--json");
    const { interfaces } = JSON.parse(stdout).network;
    const eth0 = interfaces.value.find(({ name }: { name: string }) => name === "eth0");
    expect(eth0).toMatchObject({ kind: "ipvlan", peer: { name: "up0", where: "yours" } });
    expect((await host.nsbox("rm", "-f", "neighbour")).stderr).toBe("");
    expect((await host.outside("ping -c 1 -W 1 198.51.100.79")).exitCode).not.toBe(0);
  });

  test("has the device's hardware address, and refuses --mac", async () => {
    await using host = await NetHost.open();
    const { stderr, exitCode } = await host.inBox(["--net", "ipvlan:up0", "--mac", "02:00:00:00:00:77"], "true");
    expect(exitCode).toBe(125);
    expect(stderr).toContain("Cannot use --mac: it does not go with --net ipvlan");
  });
});
