// The library's allowHosts: a proxy in the program itself, for a box that reaches nothing else.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { LogLine } from "#src/egress/connection-log.ts";
import { box, run } from "#src/index.ts";
import { describeWith } from "#test/support/needs.ts";
import { tempDir } from "#test/support/nsbox.ts";
import { closedSince, openFiles } from "#test/support/open-files.ts";

function webServer(): { readonly at: string } & Disposable {
  const fetch = (request: Request): Response => new Response(`served ${new URL(request.url).pathname}\n`);
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  return { at: `localhost:${server.port}`, [Symbol.dispose]: () => void server.stop(true) };
}

/** The server stands on a loopback, to which no proxy is asked otherwise. */
const ASK = { no_proxy: "", NO_PROXY: "" };
const curl = (url: string): string[] => ["curl", "-sS", "-m", "20", url];

describeWith(["userns", "curl"], "allowHosts", () => {
  test("lets all commands of a box reach a host of the list, and no other", async () => {
    using server = webServer();
    using other = webServer();
    await using b = await box({ allowHosts: [server.at], env: ASK });
    const answers = await Promise.all(Array.from({ length: 5 }, (_, n) => b.exec(curl(`http://${server.at}/${n}`))));
    expect(answers.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 5 }, (_, n) => `served /${n}\n`));
    const refused = await b.exec(curl(`http://${other.at}/`));
    expect(refused.stdout).toBe(
      `nsbox: ${other.at} is refused: it is not on the list of --allow-host with this port\n`,
    );
  });

  test("holds for run() too, and each connection is written down where that is asked for", async () => {
    using server = webServer();
    using dir = tempDir();
    const options = { allowHosts: server.at, netLog: dir.join("log"), env: ASK };
    expect((await run(curl(`http://${server.at}/run`), options)).stdout).toBe("served /run\n");
    const [line] = readFileSync(dir.join("log"), "utf8")
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as LogLine); // as the log has written it
    expect(line).toMatchObject({
      verdict: "allowed",
      host: "localhost",
      process: { command: expect.stringMatching(/^curl /) },
    });
  });

  test("holds each time that the same comes again", async () => {
    using server = webServer();
    using other = webServer();
    const options = { allowHosts: server.at, env: ASK };
    for (let time = 0; time < 4; time++) {
      expect((await run(curl(`http://${server.at}/${time}`), options)).stdout).toBe(`served /${time}\n`);
      expect((await run(curl(`http://${other.at}/`), options)).stdout).toContain("is refused");
    }
  });

  test("leaves no descriptor behind, also where the box can't be made", async () => {
    using server = webServer();
    const options = { allowHosts: server.at, env: ASK };
    const use = async (): Promise<void> => {
      await run(curl(`http://${server.at}/`), options);
      await using b = await box(options);
      await b.exec(curl(`http://${server.at}/`));
      await run(["no-such"], options).catch(() => undefined);
      await box({ ...options, netLog: "/no/such/folder" }).catch(() => undefined);
      await box({ ...options, ro: "/usr/bin:/opt/no-such" }).catch(() => undefined);
    };
    await use();
    const before = openFiles();
    for (let n = 0; n < 10; n++) await use();
    await closedSince(before);
  });
});
