// Grammars of a few words each: environment, users, limits, names, namespaces.
import { describe, expect, test } from "bun:test";
import { NsboxError } from "#src/error.ts";
import { parseEnv, parseEnvFile } from "#src/spec/grammar/parse-env.ts";
import { parseHostname, parseName, parseRlimit, parseUser } from "#src/spec/grammar/parse-identity.ts";
import { parseNamespace, parsePinName } from "#src/spec/grammar/parse-namespace.ts";

const hostname = (text: string): string => parseHostname("--hostname", text);
const env = (text: string): unknown => parseEnv("--env", text);
const net = (text: string): unknown => parseNamespace("--net", text);
const pid = (text: string): unknown => parseNamespace("--pid", text);

describe("grammars of a few words", () => {
  test.each<[(text: string) => unknown, string, unknown]>([
    [env, "A=b", { kind: "set", name: "A", value: "b" }],
    [env, "A=", { kind: "set", name: "A", value: "" }],
    [env, "A=b=c", { kind: "set", name: "A", value: "b=c" }],
    [env, "A", { kind: "pass", name: "A" }],
    [parseUser, "1000", { uid: 1000, gid: undefined }],
    [parseUser, "0:4294967294", { uid: 0, gid: 4294967294 }],
    [parseRlimit, "nofile=1024:2048", { type: "RLIMIT_NOFILE", soft: 1024, hard: 2048 }],
    [parseRlimit, "RLIMIT_CORE=0", { type: "RLIMIT_CORE", soft: 0, hard: 0 }],
    [parseRlimit, "stack=1:unlimited", { type: "RLIMIT_STACK", soft: 1, hard: "unlimited" }],
    [hostname, "alpha.example", "alpha.example"],
    [hostname, "a".repeat(64), "a".repeat(64)],
    [parseName, "web-1_b.c", "web-1_b.c"],
    [net, "new", { kind: "new" }],
    [net, "none", { kind: "new" }],
    [net, "host", { kind: "host" }],
    [net, "4194304", { kind: "pid", pid: 4194304 }],
    [net, "/proc/1/ns/net", { kind: "path", path: "/proc/1/ns/net" }],
    [net, "web-1", { kind: "name", name: "web-1" }],
    [pid, "4x", { kind: "name", name: "4x" }],
    [parsePinName, "web.1", "web.1"],
  ])("%p takes %j", (parse, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each<[(text: string) => unknown, readonly string[]]>([
    [env, ["", "=b", "A=\0"]],
    [parseUser, ["", "root", "1:2:3", "1:", ":1", "-1", "4294967295"]],
    [
      parseRlimit,
      ["", "nofile", "nofile=", "nofile=2:1", "nofile=unlimited:5", "bogus=1", "nofile=-1", "nofile=1:2:3"],
    ],
    [hostname, ["", "a b", "a".repeat(65), "é", "a\n"]],
    [parseName, ["", "-a", ".a", "a/b", "..", "a".repeat(64)]],
    [net, ["", "no where", "0", "-1", "4194305", "proc/1", "/a\0b", ".", "..", "a".repeat(64)]],
    [pid, ["none"]],
    [parsePinName, ["", "new", "host", "none", "42", "../x", "a/b", "-a", "a".repeat(64)]],
  ])("%p refuses each of %j", (parse, texts) => {
    for (const text of texts) {
      expect(() => parse(text)).toThrow(NsboxError);
      expect(() => parse(text)).toThrow(JSON.stringify(text));
    }
  });

  test("parseRlimit() lists the limits where it knows none of that name", () => {
    let hint: string | undefined;
    try {
      parseRlimit("bogus=1");
    } catch (error) {
      if (error instanceof NsboxError) hint = error.hint;
    }
    expect(hint).toMatch(/^it is one of .*nofile/);
  });
});

describe("parseEnvFile()", () => {
  test("takes NAME=VALUE and NAME lines, leaves out comments and empty lines", () => {
    expect(parseEnvFile('A=1\r\n\n# note\n  # note\nB\nC="x y"\n', "f")).toEqual([
      { kind: "set", name: "A", value: "1" },
      { kind: "pass", name: "B" },
      { kind: "set", name: "C", value: '"x y"' },
    ]);
  });

  test.each(["A=1\nexport B=2", "A=1\n=2", "A=1\n A=2", "A=1\nB=\0"])("names file and line of %j", (text) => {
    expect(() => parseEnvFile(text, "vars.env")).toThrow('Cannot use --env-file "vars.env": line 2: ');
  });
});
