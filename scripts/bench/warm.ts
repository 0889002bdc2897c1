// The warm side of the comparison with limit.c: boxes made one after another by one Bun process.
import { closeFile } from "#ffi/libc/fd.ts";
import { waitFor } from "#ffi/libc/process.ts";
import type { Plan } from "#src/plan/plan.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { launch } from "#src/run/launch.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { CLONE } from "#ffi/uapi/clone.ts";

const { NEWUSER, NEWNS, NEWPID, NEWIPC, NEWUTS, NEWNET, NEWCGROUP } = CLONE;

/** The same steps as limit.c, in the same order. */
export function limitPlan(uid: number, gid: number): Plan {
  const namespaces = NEWUSER + NEWNS + NEWPID + NEWIPC + NEWUTS + NEWNET + NEWCGROUP;
  const options = { readOnly: false, dev: false, noexec: true };
  return {
    launcher: [
      { kind: "clone", namespaces, vfork: false, clone3: true, sibling: false },
      { kind: "init-image" },
      { kind: "signal", of: "init image" },
    ],
    join: [],
    setup: [
      { kind: "parent-death", check: true },
      { kind: "own-id-map", uidMap: `0 ${uid} 1`, gidMap: `0 ${gid} 1` },
      { kind: "hostname", name: "limit" },
      { kind: "private-mounts" },
      { kind: "new-filesystem", type: "proc", tree: "proc", config: [], options },
      { kind: "attach", tree: "proc", destination: "/proc", ifPresent: false },
      { kind: "no-new-privs" },
      { kind: "close-files", keep: ["report"] },
      { kind: "wait", for: "init image", first: true },
      { kind: "exec-init" },
    ],
    init: [
      { kind: "close-on-exec", file: "report" },
      { kind: "start-command", keep: undefined, shareMemory: true },
      { kind: "supervise", forward: FORWARDED_SIGNALS, filter: undefined },
    ],
    command: [{ kind: "exec", args: ["/bin/true"], env: ["PATH=/usr/bin:/bin"], candidates: ["/bin/true"] }],
  };
}

/** Makes this many boxes with the calls of limit.c; gives milliseconds per box. */
export function warmBoxes(count: number): number {
  const facts = readFacts(emptyDraft());
  const plan = limitPlan(facts.uid, facts.gid);
  const start = performance.now();
  for (let left = count; left > 0; left--) {
    const box = launch(plan, facts);
    const ended = waitFor(box.pidfd);
    closeFile(box.pidfd);
    if (ended.kind !== "exited" || ended.status !== 0)
      throw new Error(`Cannot measure: a box ended with ${JSON.stringify(ended)}`);
  }
  return (performance.now() - start) / count;
}
