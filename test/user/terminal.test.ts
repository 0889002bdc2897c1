// Boxes on a real pseudo-terminal: what a person at a keyboard sees.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, waitFor } from "#test/support/nsbox.ts";
import { onTerminal } from "#test/support/on-terminal.ts";

describeWith(["userns"], "a box on a terminal", () => {
  test("has a terminal of its own, not the caller's, and job control", async () => {
    using session = onTerminal("run", "--", "sh", "-c", "tty; ls /dev/pts; ps -o tty= -p $$; echo done");
    const screen = await session.until("done");
    expect(screen).toContain("/dev/pts/0");
    expect(await session.exited).toBe(0);
  });

  test("gets what is typed, echoed once", async () => {
    using session = onTerminal("run", "--", "sh", "-c", 'echo ready; read -r x; echo "<$x>"');
    await session.until("ready");
    session.type("hello\r");
    const screen = await session.until("<hello>");
    expect(screen.split("hello").length - 1).toBe(2);
    expect(await session.exited).toBe(0);
  });

  test("Ctrl-C interrupts the command, not nsbox", async () => {
    using session = onTerminal(
      "run",
      "--",
      "sh",
      "-c",
      "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done",
    );
    await session.until("ready");
    session.type("\x03");
    await session.until("caught");
    expect(await session.exited).toBe(5);
  });

  test("Ctrl-C ends a command that does not catch it: 128 + 2", async () => {
    using session = onTerminal("run", "--", "sh", "-c", "echo ready; exec sleep 1000");
    await session.until("ready");
    session.type("\x03");
    expect(await session.exited).toBe(130);
  });

  test("has the caller's window size, and follows its changes", async () => {
    using session = onTerminal(
      "run",
      "--",
      "sh",
      "-c",
      "stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done",
    );
    expect(await session.until("ready")).toContain("24 80");
    session.resize(132, 43);
    await session.until("43 132");
    expect(await session.exited).toBe(0);
  });

  test("leaves the caller's terminal as it was, however it ends", async () => {
    for (const [script, type] of [
      ["exit 3", ""],
      ["kill -9 $$", ""],
      ["echo ready; exec sleep 1000", "\x03"],
    ] as const) {
      const shell = `stty -a > /tmp/nsbox-before-$$; "${NSBOX}" run -- sh -c '${script}'; stty -a | cmp - /tmp/nsbox-before-$$ && echo same; rm -f /tmp/nsbox-before-$$`;
      let screen = "";
      const child = Bun.spawn(["sh", "-c", shell], {
        terminal: {
          cols: 80,
          rows: 24,
          data: (_, bytes) => {
            screen += new TextDecoder().decode(bytes);
          },
        },
      });
      if (type !== "") {
        await waitFor(() => screen.includes("ready"), "the command");
        child.terminal?.write(type);
      }
      await child.exited;
      child.terminal?.close();
      expect(screen).toContain("same");
    }
  });

  test("a full-screen program of busybox or ncurses draws and ends", async () => {
    using session = onTerminal(
      "run",
      "-e",
      "TERM=xterm",
      "--",
      "sh",
      "-c",
      "printf '\\033[2J\\033[5;10Hhere\\033[1;1H'; read -r x; echo end",
    );
    expect(await session.until("here")).toContain("\x1b[5;10Hhere");
    session.type("\r");
    await session.until("end");
  });

  test("TIOCSTI into the terminal puts nothing into the caller's shell", async () => {
    using session = onTerminal(
      "run",
      "--no-tty",
      "--",
      "perl",
      "-e",
      'my $r = ioctl(STDIN, 0x5412, my $c = "x"); print defined $r ? "pushed\\n" : "refused: $!\\n"',
    );
    expect(await session.until("refused")).toContain("refused");
    expect(session.screen()).not.toContain("pushed");
  });

  test("--no-tty gives the command the caller's streams, and no controlling terminal", async () => {
    using session = onTerminal("run", "--no-tty", "--", "sh", "-c", "ps -o tty= -p $$; (: </dev/tty) 2>&1; echo done");
    expect(await session.until("done")).toMatch(/\?[\s\S]*No such device or address/);
  });
});
