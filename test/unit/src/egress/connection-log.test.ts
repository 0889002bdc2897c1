import { expect, test } from "bun:test";
import { closeFile, openMemfd, readText } from "#ffi/libc/fd.ts";
import { openConnectionLog } from "#src/egress/connection-log.ts";

test("openConnectionLog() writes nothing after finish(), when its file may be another's", () => {
  const all = openMemfd("log");
  const read = (): string => readText(`/proc/self/fd/${all}`);
  const log = openConnectionLog({ all, refused: all }, () => undefined);
  const entry = log.open({ host: "a", port: 1 }, "connect", undefined);
  const late = log.open({ host: "b", port: 2 }, "connect", undefined);
  entry.connected("192.0.2.1");
  log.finish();
  const [line, ...rest] = read().trim().split("\n");
  expect(JSON.parse(line ?? "")).toMatchObject({ host: "a", reason: "the box has ended" });
  expect(rest).toEqual([]);
  const before = read();
  entry.close(1, 1);
  late.fail("unreachable", "too late");
  log.bad("http", "too late", undefined);
  expect(read()).toBe(before);
  closeFile(all);
});
