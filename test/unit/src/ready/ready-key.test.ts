import { describe, expect, test } from "bun:test";
import { DECIDING_VARIABLES } from "#ffi/front/ready-layout.ts";
import { readyKey, readyName } from "#src/ready/ready-key.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = "/work") =>
  readyKey(bytes(["nsbox", "run", ...words].map((word) => `${word}\0`).join("")), { cwd, env });
const texts = (words: readonly string[]): readonly string[] =>
  (keyOf(words)?.stretches ?? []).map((stretch) => new TextDecoder().decode(stretch));

describe("readyKey()", () => {
  test("is the words up to the command's first, and the folder, with a NUL behind each", () => {
    expect(texts(["--rw", ".", "--", "make", "test"]).slice(0, 2)).toEqual(["--rw\0.\0--\0make\0", "/work\0"]);
    expect(keyOf(["--rw", ".", "--", "make", "test"])?.commandAt).toBe(5);
  });

  test("needs no -- where the first word is the command", () => {
    expect(texts(["make", "--", "x"])[0]).toBe("make\0");
    expect(keyOf(["make"])?.commandAt).toBe(2);
  });

  test.each([[[]], [["--"]], [["--rw", "."]], [["--rw", ".", "make"]], [["-"]]])(
    "is none where it can't be seen where the command begins: %j",
    (words) => {
      expect(keyOf(words)).toBeUndefined();
    },
  );

  test("is none where the words are another program's, which has started nsbox", () => {
    const words = ["/lib/ld.so", "./nsbox", "run", "--rw", ".", "--", "true"];
    expect(readyKey(bytes(words.map((word) => `${word}\0`).join("")), { cwd: "/", env: {} })).toBeUndefined();
    expect(readyKey(bytes("nsbox\0run\0true"), { cwd: "/", env: {} })).toBeUndefined();
    expect(readyKey(bytes("nsbox\0run"), { cwd: "/", env: {} })).toBeUndefined();
    expect(readyKey(bytes("nsbox\0"), { cwd: "/", env: {} })).toBeUndefined();
    expect(readyKey(bytes(""), { cwd: "/", env: {} })).toBeUndefined();
  });

  test("tells an empty word from none, and words from one that holds a space", () => {
    expect(texts(["", "x"])[0]).toBe("\0");
    expect(texts(["--", "a b"])[0]).not.toBe(texts(["--", "a", "b"])[0]);
  });

  test("is none with more words than a box can drop", () => {
    expect(keyOf([...Array.from({ length: 600 }, () => "-x"), "--", "true"])).toBeUndefined();
  });

  test("has each deciding variable in its place, and nothing where it is not there", () => {
    const stretches = keyOf(["true"], { PATH: "/bin", HOME: "", OTHER: "x" })?.stretches ?? [];
    const found = DECIDING_VARIABLES.map((name, n) => [name, new TextDecoder().decode(stretches[n + 2])]);
    expect(found.filter(([, text]) => text !== "")).toEqual([
      ["HOME", "HOME=\0"],
      ["PATH", "PATH=/bin\0"],
    ]);
  });
});

test("readyName() has a letter for each nibble", () => {
  expect(readyName(0x012345ef)).toBe("abcdefop");
  expect(readyName(0xffffffff)).toBe("pppppppp");
});
