import { expect, test } from "bun:test";
import { SIG } from "#ffi/uapi/signal.ts";
import { signalProcess } from "#src/state/box-control.ts";
import { readStartTicks } from "#src/state/process-life.ts";

test("signalProcess() sends nothing to who only has the PID of one that has ended", async () => {
  const child = Bun.spawn(["sleep", "1000"]);
  const startTicks = readStartTicks(child.pid) ?? Number.NaN;
  signalProcess({ pid: child.pid, startTicks: startTicks - 1 }, SIG.KILL);
  signalProcess({ pid: child.pid, startTicks }, SIG.TERM);
  await child.exited;
  expect(child.signalCode).toBe("SIGTERM");
  // Nor is one that has ended an error.
  signalProcess({ pid: child.pid, startTicks }, SIG.TERM);
});
