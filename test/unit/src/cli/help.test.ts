import { describe, expect, test } from "bun:test";
import { COMMANDS } from "#src/cli/commands.ts";
import { commandHelp, mainHelp } from "#src/cli/help.ts";

const LINE_MAX = 100;

describe("help", () => {
  test("of nsbox names its version and every command with what it does", () => {
    const text = mainHelp(COMMANDS, "1.2.3");
    expect(text).toStartWith("nsbox 1.2.3: ");
    for (const { name, summary } of COMMANDS) expect(text).toMatch(new RegExp(`^ +${name} +${summary}$`, "m"));
  });

  test.each([...COMMANDS])("of $name shows usage, flags and examples", (command) => {
    const text = commandHelp(command);
    expect(text).toStartWith(`${command.usage}\n`);
    expect(text).toEndWith("\n");
    for (const { name } of command.options) expect(text).toContain(`--${name}`);
    for (const example of command.examples) expect(text).toContain(`  ${example[0]}\n    ${example[1]}\n`);
  });

  test.each([...COMMANDS])("of $name fits a terminal of 100 columns, without trailing blanks", (command) => {
    for (const line of commandHelp(command).split("\n")) {
      expect(line.length).toBeLessThanOrEqual(LINE_MAX);
      expect(line).toBe(line.trimEnd());
    }
  });
});
