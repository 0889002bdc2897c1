import { expect, test } from "bun:test";
import { CLONE } from "#ffi/uapi/clone.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { flagNames } from "#ffi/uapi/flags.ts";
import { MOUNT_ATTR, MS } from "#ffi/uapi/mount.ts";
import { POLL } from "#ffi/uapi/poll.ts";

test("flagNames() prints names in the order of their bits", () => {
  expect(flagNames(MS, "MS_", MS.PRIVATE | MS.REC)).toBe("MS_REC|MS_PRIVATE");
});

test("flagNames() puts the prefix of the header before each name", () => {
  expect(flagNames(POLL, "POLL", POLL.IN | POLL.HUP)).toBe("POLLIN|POLLHUP");
});

test.each([
  [0, "0"],
  [0n, "0"],
  [0x40000000, "0x40000000"],
  [MS.RDONLY + 0x200, "MS_RDONLY|0x200"],
  [1n << 63n, "0x8000000000000000"],
])("flagNames() prints the word %p as %p", (word, text) => {
  expect(flagNames(MS, "MS_", word)).toBe(text);
});

test("flagNames() reads bits above 32", () => {
  expect(flagNames(CLONE, "CLONE_", CLONE.CLEAR_SIGHAND + CLONE.INTO_CGROUP + CLONE.NEWUSER)).toBe(
    "CLONE_NEWUSER|CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP",
  );
  expect(flagNames(CLONE, "CLONE_", BigInt(CLONE.CLEAR_SIGHAND))).toBe("CLONE_CLEAR_SIGHAND");
});

test("flagNames() takes bit 31 back from the sign that `|` gives it", () => {
  expect(flagNames(CLONE, "CLONE_", CLONE.IO | CLONE.VM)).toBe("CLONE_VM|CLONE_IO");
});

test("flagNames() prefers a name of several bits to the names of its parts", () => {
  expect(flagNames(O, "O_", O.SYNC | O.CREAT)).toBe("O_CREAT|O_SYNC");
  expect(flagNames(O, "O_", O.DSYNC)).toBe("O_DSYNC");
});

test("flagNames() leaves out names without bits and negative numbers", () => {
  expect(flagNames(MOUNT_ATTR, "MOUNT_ATTR_", MOUNT_ATTR.NOEXEC)).toBe("MOUNT_ATTR_NOEXEC");
  expect(flagNames(AT, "AT_", AT.EMPTY_PATH | AT.RECURSIVE)).toBe("AT_EMPTY_PATH|AT_RECURSIVE");
});

test("flagNames() takes the first of two names of one bit", () => {
  expect(flagNames(AT, "AT_", AT.EACCESS)).toBe("AT_REMOVEDIR");
});
