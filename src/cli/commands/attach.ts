// `nsbox attach`: the terminal of a box that was started with -dt.
import { ATTACH_OPTIONS, type AttachDraft } from "#src/cli/box-options.ts";
import { findOneBox, requireRunning } from "#src/cli/box-words.ts";
import { exitCodeOf } from "#src/cli/explain-box.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printError } from "#src/host/print.ts";
import { attach } from "#src/run/attach.ts";
import { DEFAULT_DETACH_KEYS } from "#src/run/detach-keys.ts";
import { logPathOf, openLog } from "#src/state/box-log.ts";
import { type Box, openStatus } from "#src/state/box-store.ts";
import { openProcess } from "#src/state/process-life.ts";

/** Lines of the log that are shown first: about what the screen held. */
const LINES_BEFORE = 24;

/** The box's exit code where it ended meanwhile; 0 after the keys. Throws NsboxError. */
export async function attachCommand(argv: readonly string[]): Promise<number> {
  const draft: AttachDraft = { json: false, keys: undefined };
  const { words } = parseOptions(ATTACH_OPTIONS, draft, argv, { command: "attach", stopAtWord: false });
  const box = requireRunning("attach to", findOneBox("attach", words));
  if (box.record.keeper === undefined) {
    throw new NsboxError("ESPEC", `Cannot attach to ${JSON.stringify(box.name)}: it has no terminal`, {
      hint: `nsbox logs -f ${box.name} shows what it prints; start boxes to attach to with run -dt`,
    });
  }
  using status = openStatus(box);
  const how = attachTo(box, draft.keys ?? DEFAULT_DETACH_KEYS);
  if (how === "detached") {
    printError(`\nnsbox: detached; ${box.name} lives on\n`);
    return 0;
  }
  return exitCodeOf({ ...box, life: "ended", status: status.read() ?? box.status }) ?? 0;
}

function attachTo(box: Box, keys: Uint8Array): "ended" | "detached" {
  using log = openLog(box, { tail: LINES_BEFORE });
  const init = openProcess(box.record.process);
  const keeper = box.record.keeper === undefined ? undefined : openProcess(box.record.keeper);
  if (init === undefined || keeper === undefined) {
    throw new NsboxError("ESPEC", `Cannot attach to ${JSON.stringify(box.name)}: its terminal has gone`, {
      hint: "it was hung up, as by closing a terminal's window",
    });
  }
  return attach({ init, keeper, read: () => log.read(), logPath: logPathOf(box), keys });
}
