// Warnings of sockets that a box is about to reach, with real sockets.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, tempDir } from "#test/support/nsbox.ts";

describeWith(["userns"], "a socket of the host that a box can reach", () => {
  test("is named in a warning, which --hide makes true no longer", async () => {
    using dir = tempDir();
    const path = dir.join("agent");
    using _server = listen(path);
    const env = { PATH: "/usr/bin:/bin", SSH_AUTH_SOCK: path };
    const shown = await nsbox(["run", "--ro", dir.path, "--", "test", "-S", path], { env });
    expect(shown).toEqual({
      stdout: "",
      stderr: `nsbox: warning: the box can reach ${path} (it signs with your keys); --hide ${path} keeps it out\n`,
      exitCode: 0,
    });
    const hidden = await nsbox(["run", "--ro", dir.path, "--hide", path, "--", "test", "-S", path], { env });
    expect(hidden).toEqual({ stdout: "", stderr: "", exitCode: 1 });
  });

  test("is no reason to warn where the box can't reach it", async () => {
    using dir = tempDir();
    const path = dir.join("agent");
    using _server = listen(path);
    const env = { PATH: "/usr/bin:/bin", SSH_AUTH_SOCK: path };
    expect((await nsbox(["run", "--ro", "/usr", "--", "true"], { env })).stderr).toBe("");
  });

  test("is named where it is in the abstract namespace and nothing keeps it away", async () => {
    const name = `/tmp/.X11-unix/X${process.pid}`;
    using _server = listen(`\0${name}`);
    const warning = (flags: readonly string[]): Promise<string> =>
      nsbox(["run", "--net", "host", ...flags, "--", "true"]).then(({ stderr }) => stderr);
    expect(await warning(["--no-landlock"])).toContain(`the box can reach @${name} (`);
    expect((await nsbox(["run", "--no-landlock", "--", "true"])).stderr).toBe("");
  });
});

function listen(path: string): Disposable {
  const server = Bun.listen({ unix: path, socket: { data: () => undefined } });
  return { [Symbol.dispose]: () => server.stop(true) };
}
