import { expect, test } from "bun:test";
import { pidNow } from "#src/net/box-pid.ts";
import { identify } from "#src/state/process-life.ts";

test("pidNow() takes nobody for a box's first process who only has its PID", () => {
  const box = identify(process.pid);
  if (box === undefined) throw new Error("this process does not exist");
  expect(pidNow({ box })).toBe(process.pid);
  expect(pidNow({ box: { ...box, startTicks: box.startTicks - 1 } })).toBeUndefined();
  expect(pidNow({ box: undefined })).toBeUndefined();
});
