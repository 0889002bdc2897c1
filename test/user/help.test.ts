import { expect, test } from "bun:test";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, runCommand, tempDir } from "#test/support/nsbox.ts";

test.each([
  [["--help"], "Usage: nsbox COMMAND"],
  [[], "Usage: nsbox COMMAND"],
  [["help", "run"], "nsbox run [FLAGS]"],
  [["run", "--help"], "nsbox run [FLAGS]"],
  [["run", "-t", "--net", "host", "-h"], "nsbox run [FLAGS]"],
  [["inspect", "--help"], "nsbox inspect PID"],
  [["diff", "--help"], "nsbox diff PID|BOX"],
  [["ns", "--help"], "nsbox ns pin NAME"],
  [["ns", "pin", "web", "--help"], "nsbox ns pin NAME"],
  [["exec", "-h"], "nsbox exec [FLAGS]"],
  [["exec", "1", "--help"], "nsbox exec [FLAGS]"],
  [["compile", "-o", "/dev/null", "--help"], "nsbox compile -o FILE"],
])("nsbox %p shows help and runs nothing", async (args, text) => {
  const { stdout, stderr, exitCode } = await nsbox(args);
  expect(stdout).toContain(text);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
});

describeWith(["userns"], "a help flag of the command", () => {
  const ECHO = ["sh", "-c", 'echo "$0"'];

  test("is the command's, with and without --", async () => {
    for (const words of [
      ["--", ...ECHO, "--help"],
      [...ECHO, "-h"],
    ])
      expect((await nsbox(["run", ...words])).stdout).toBe(`${words.at(-1)}\n`);
  });

  test("is the command's in a box that lives on, too", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "sleep 1000");
    for (const words of [
      ["--", ...ECHO, "--help"],
      [...ECHO, "-h"],
    ])
      expect((await boxes.nsbox(["exec", "a", ...words])).stdout).toBe(`${words.at(-1)}\n`);
  });

  test("is the compiled box's command's, too", async () => {
    using dir = tempDir();
    expect((await nsbox(["compile", "-o", dir.join("box"), ...ECHO, "-h"])).exitCode).toBe(0);
    expect((await runCommand([dir.join("box")])).stdout).toBe("-h\n");
  });
});

test("--version is package.json's", async () => {
  const { version } = await import("../../package.json");
  for (const word of ["--version", "-V", "-v", "version"])
    expect((await nsbox([word])).stdout).toBe(`nsbox ${version}\n`);
});
