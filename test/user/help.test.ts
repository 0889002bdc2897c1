import { expect, test } from "bun:test";
import { nsbox } from "#test/support/nsbox.ts";

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
])("nsbox %p shows help and runs nothing", async (args, text) => {
  const { stdout, stderr, exitCode } = await nsbox(args);
  expect(stdout).toContain(text);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
});

test("a help flag of the command is the command's", async () => {
  const { stdout } = await nsbox(["run", "--", "sh", "-c", 'echo "$0"', "--help"]);
  expect(stdout).toBe("--help\n");
});

test("--version is package.json's", async () => {
  const { version } = await import("../../package.json");
  expect((await nsbox(["--version"])).stdout).toBe(`nsbox ${version}\n`);
});
