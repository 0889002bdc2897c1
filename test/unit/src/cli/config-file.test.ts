import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { loadConfig } from "#src/cli/config-file.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { NsboxError } from "#src/error.ts";
import { tempDir } from "#test/support/nsbox.ts";

/** One content in each language that is read. */
const SAME: Readonly<Record<string, string>> = {
  "box.jsonc": `// a comment
{
  "hostname": "alpha", /* another */
  "overlay": true,
  "subids": false,
  "timeout": 30,
  "ro": ["/data", "/srv:/in"],
  "env": "A=b",
  "pass-fd": [5, 6],
  "command": ["sh", "-c", "id"],
}`,
  "box.toml": `# a comment
hostname = "alpha"
overlay = true
subids = false
timeout = 30
ro = ["/data", "/srv:/in"]
env = "A=b"
pass-fd = [5, 6]
command = ["sh", "-c", "id"]
`,
  "box.yaml": `# a comment
hostname: alpha
overlay: true
subids: false
timeout: 30
ro:
  - /data
  - /srv:/in
env: A=b
pass-fd: [5, 6]
command: [sh, -c, id]
`,
};
const FLAGS = ["--hostname=alpha", "--overlay", "--timeout=30", "--ro=/data", "--ro=/srv:/in", "-eA=b"];
const EXPECTED = parseRun([...FLAGS, "--pass-fd=5", "--pass-fd=6", "--", "sh", "-c", "id"]);

function load(name: string, text: string | Uint8Array): ReturnType<typeof loadConfig> {
  using dir = tempDir();
  writeFileSync(dir.join(name), text);
  return loadConfig(dir.join(name));
}

function errorOf(name: string, text: string): { message: string; hint: string | undefined } {
  try {
    load(name, text);
  } catch (error) {
    if (error instanceof NsboxError) return { message: error.message.replace(/"[^"]*\//, '"'), hint: error.hint };
    throw error;
  }
  throw new Error(`${name} was taken`);
}

describe("loadConfig()", () => {
  test.each(Object.entries(SAME))("reads %s into the options that the flags make", (name, text) => {
    expect<unknown>(load(name, text)).toEqual(EXPECTED);
  });

  test.each([
    ["box.jsonc", "box.json"],
    ["box.yaml", "box.yml"],
  ])("reads the same under the other ending: %s as %s", (from, name) => {
    expect<unknown>(load(name, SAME[from] ?? "")).toEqual(EXPECTED);
  });

  test.each([
    ["box.json", '{\n  "hostname": "a",\n  "netz": "host"\n}', 3, "netz", "did you mean net?"],
    ["box.toml", '# note\nhostnam = "a"\n', 2, "hostnam", "did you mean hostname?"],
    ["box.yaml", "net: host\n\ncomand: [sh]\n", 3, "comand", "did you mean command?"],
    ["box.toml", "\n[qwertzuiop]\na = 1\n", 2, "qwertzuiop", "the keys are the names of run's flags, and command"],
    ["box.json", '{"config": "other.json"}', 1, "config", undefined],
    ["box.json", '{\n  "tty": true, "hostnam": "a"\n}', 2, "hostnam", "did you mean hostname?"],
    ["box.json", '{\n  "env": [\n    "netz=1"\n  ],\n  "netz": "host"\n}', 5, "netz", "did you mean net?"],
  ])("%s %j: names file, line and unknown key", (name, text, line, key, hint) => {
    const error = errorOf(name, text);
    expect(error.message).toBe(`Cannot use "${name}": line ${line}, key "${key}": it is not known`);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });

  test.each([
    ['{"overlay": "yes"}', "it is neither true nor false"],
    ['{"overlay": 1}', "it is neither true nor false"],
    ['{"hostname": true}', "it has the wrong type"],
    ['{"hostname": ["a"]}', "it has the wrong type"],
    ['{"hostname": null}', "it has the wrong type"],
    ['{"env": {"A": "b"}}', "it has the wrong type"],
    ['{"env": [["A=b"]]}', "it has the wrong type"],
    ['{"command": "sh -c id"}', "it is not a list"],
    ['{"command": [{}]}', "it has the wrong type"],
    ['{"uid-map": "0:0"}', 'Cannot parse --uid-map "0:0": it does not have three parts'],
    ['{"__proto__": "x"}', "it is not known"],
    ['{"umask": 27}', "it is a number, and whether an octal one cannot be told"],
  ])("refuses %s: %s", (text, why) => {
    const { message, hint } = errorOf("box.json", text);
    expect(message).toStartWith('Cannot use "box.json": line 1, key "');
    expect(message).toEndWith(`: ${why}`);
    expect(hint ?? "").not.toBe("");
  });

  test.each([
    ["box.toml", "umask = 0o27"],
    ["box.yaml", "umask: 0o27"],
    ["box.yaml", "umask: 027"],
  ])("%s %j: the parser has made another number of an octal one, so it must be a text", (name, text) => {
    expect(errorOf(name, text).hint).toBe('put it in quotes: "027"');
    expect(load(name, text.replace(/0o?27/, '"027"')).umask).toBe(0o27);
  });

  test.each([
    ['{"tty": false}', false],
    ['{"tty": true}', true],
    ['{"no-tty": true}', false],
    ['{"no-tty": false}', undefined],
  ])("%s: false says as much as the flag that begins with no-", (text, tty) => {
    expect(load("box.json", text).tty).toBe(tty);
  });

  test.each([
    ["box.json", "[]"],
    ["box.json", '"text"'],
    ["box.json", "null"],
    ["box.yaml", "- a\n"],
    ["box.yaml", "# nothing\n"],
  ])("%s %j: it does not hold keys", (name, text) => {
    expect(errorOf(name, text).message).toBe(`Cannot use --config "${name}": it does not hold keys`);
  });

  test.each([
    ["box.json", '{"a": ', "it is read as JSON"],
    ["box.toml", "a = = 1", "it is read as TOML"],
    ["box.yaml", "a: [1", "it is read as YAML"],
  ])("%s that does not parse is named, in one line", (name, text, hint) => {
    const error = errorOf(name, text);
    expect(error.message).toStartWith(`Cannot parse --config "${name}": `);
    expect(error.message).not.toContain("\n");
    expect(error.hint).toBe(hint);
  });

  test.each(["box.ini", "box"])("%s: the ending must say what it is", (name) => {
    expect(errorOf(name, "{}").message).toEndWith("its ending says not what it is");
  });

  test("names the errno of a file that cannot be read", () => {
    using dir = tempDir();
    expect(() => loadConfig(dir.join("gone.json"))).toThrow("ENOENT (No such file or directory)");
  });
});
