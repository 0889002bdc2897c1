// Programs that take a whole screen, in boxes that live on, as a terminal emulator shows them.
import { expect, test } from "bun:test";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX } from "#test/support/nsbox.ts";
import { openTmux, type Tmux } from "#test/support/tmux.ts";

const TERM = ["-e", "TERM=xterm-256color"];

/** The same program on a terminal that the box has, and on one that exec makes. */
const WAYS = ["attach", "exec"] as const;

type BoxState = ReturnType<typeof openBoxState>;

async function open(boxes: BoxState, way: (typeof WAYS)[number], script: string): Promise<Tmux> {
  // A program draws when somebody is there to see it: for who attaches later, nothing is drawn again.
  await boxes.start("a", way === "attach" ? `read -r go; ${script}` : "exec sleep 1000", [...TERM, "-t"]);
  const command =
    way === "attach" ? ["attach", "a"] : ["exec", "-t", ...TERM, "a", "sh", "-c", `read -r go; ${script}`];
  const tmux = openTmux([NSBOX, ...command], boxes.env);
  tmux.type("Enter");
  return tmux;
}

describeWith(["userns", "tmux", "busybox", "ps"], "over", () => {
  test.each(WAYS)("nsbox %s, vi draws, takes keys, follows a resize and writes its file", async (way) => {
    await using boxes = openBoxState();
    using tmux = await open(boxes, way, "busybox vi /tmp/notes; exec sh -i");
    await tmux.until(/^~\n(?:~\n)+- \/tmp\/notes/m);
    tmux.type("i", "one line", "Enter", "and another", "Escape");
    await tmux.until(/^one line\nand another\n~/m);
    // The row of the status line moves with the window's size.
    tmux.resize(100, 40);
    tmux.type("C-l");
    await tmux.until(/(?:^~\n){37}- \/tmp\/notes \[Modified\]/m);
    tmux.type(":wq", "Enter");
    await tmux.until(/^[$#]$/m);
    tmux.type("cat /tmp/notes; stty size; exit 3", "Enter");
    await tmux.until(/^one line\nand another\n40 100\n.*^ended with 3$/ms);
  });

  test.each(WAYS)("nsbox %s, top shows the box's processes, and ends by its key", async (way) => {
    await using boxes = openBoxState();
    using tmux = await open(boxes, way, "top; exit 4");
    await tmux.until(/^top - .*^Tasks:.*^ +PID USER.* COMMAND.*^ +1 .* nsbox-i/ms);
    expect(tmux.screen()).not.toContain("bun");
    // A key that only changes what is drawn: the full command lines.
    tmux.type("c");
    await tmux.until(/ (?:sh -c|sleep 1)/);
    tmux.type("q");
    await tmux.until(/^ended with 4$/m);
  });

  test.each(WAYS)("nsbox %s, colours come through", async (way) => {
    await using boxes = openBoxState();
    using tmux = await open(
      boxes,
      way,
      `mkdir /tmp/x; cd /tmp; ls --color=always -d x; printf '\\033[38;5;208morange\\033[0m \\033[1;44mblue\\033[0m\\n'; exit 5`,
    );
    await tmux.until(/^ended with 5$/m);
    const screen = tmux.colours();
    // The emulator writes down what it shows, not what it was sent: in an order of its own.
    expect(screen).toMatch(/␛\[38;5;208m(?:␛\[49m)?orange/);
    expect(screen).toContain("␛[1m␛[44mblue");
    expect(screen).toContain("␛[1m␛[34mx");
  });

  test.each(WAYS)("nsbox %s, Ctrl-C ends and Ctrl-Z stops what a shell runs in the foreground", async (way) => {
    await using boxes = openBoxState();
    using tmux = await open(boxes, way, "PS1='> ' exec sh -i");
    await tmux.until(/^>$/m);
    // A key that sends a signal throws away what was typed and not yet read: so each waits until the command runs.
    tmux.type("sh -c 'echo $((30+3)); exec sleep 500'", "Enter");
    await tmux.until(/^33$/m);
    tmux.type("C-c");
    await tmux.until(/\^C\n+>$/m);
    tmux.type("sh -c 'echo $((40+4)); exec sleep 501'", "Enter");
    await tmux.until(/^44$/m);
    tmux.type("C-z");
    await tmux.until(/^\^Z.*Stopped.*^>$/ms);
    tmux.type("fg", "Enter");
    await tmux.until(/^sh -c .*501"$/m);
    tmux.type("C-c");
    await tmux.until(/501"\n+\^C\n+>$/m);
    tmux.type("exit 6", "Enter");
    await tmux.until(/^ended with 6$/m);
  });

  test("nsbox attach, Ctrl-P Ctrl-Q leaves a full-screen program running, to sit down at again", async () => {
    await using boxes = openBoxState();
    {
      using tmux = await open(boxes, "attach", "top -d 1");
      await tmux.until(/nsbox-i/);
      tmux.type("C-p", "C-q");
      await tmux.until(/^ended with 0$/m);
    }
    expect(await boxes.look("a")).toMatchObject({ state: "running" });
    using again = openTmux([NSBOX, "attach", "a"], boxes.env);
    await again.until(/nsbox-i/);
    again.type("q");
    await again.until(/^ended with 0$/m);
  });
});
