import { describe, expect, test } from "bun:test";
import { errnoMessage, errnoNames, errnoNumber } from "#ffi/uapi/errno.ts";
import { assert, type ErrorCode, ERRORS, errnoOf, explainErrno, NsboxError } from "#src/error.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[]; // the keys of ERRORS are exactly the ErrorCodes

describe("NsboxError", () => {
  test.each(CODES)("%s has the exit code of its row, 125 to 127, and a meaning", (code) => {
    const error = new NsboxError(code, "Cannot x: y");
    expect(error.exitCode).toBe({ EEXEC: 126, ENOTFOUND: 127 }[String(code)] ?? 125);
    expect(ERRORS[code].meaning).not.toBe("");
    expect(error).toMatchObject({ code, name: "NsboxError", message: "Cannot x: y", hint: undefined });
    expect(error).not.toContainKey("cause");
  });

  test("holds what is known of a failure", () => {
    const step = { actor: "setup", index: 1, count: 9, explain: "mount" };
    const cause = new Error("below");
    const error = new NsboxError("ESETUP", "Cannot x: y", { syscall: "mount", errno: 1, step, hint: "do z", cause });
    expect(error).toMatchObject({ syscall: "mount", errno: { name: "EPERM", number: 1 }, step, hint: "do z" });
    expect(error.cause).toBe(cause);
  });
});

describe("errnos", () => {
  test.each(errnoNames())("%s is found by its number and worded", (name) => {
    const number = errnoNumber(name);
    const found = errnoOf(number);
    // EWOULDBLOCK and its like are second names of one number.
    expect(found?.number).toBe(number);
    expect(explainErrno(number)).toBe(`${found?.name} (${errnoMessage(name)})`);
  });

  test.each([0, -1, 99999])("%p is none", (number) => {
    expect(errnoOf(number)).toBeUndefined();
    expect(explainErrno(number)).toBe(`errno ${number}`);
  });
});

describe("assert()", () => {
  test("passes what holds, and asks for a report of what does not", () => {
    expect(() => assert(true, "x")).not.toThrow();
    expect(() => assert(false, "a step is missing")).toThrow(
      expect.objectContaining({
        code: "EINTERNAL",
        message: "Cannot continue: a step is missing",
        hint: expect.stringContaining("report"),
      }),
    );
  });
});
