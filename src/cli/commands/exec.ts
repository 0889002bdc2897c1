// `nsbox exec`: a command in a box, or beside any process.
import { requireRunning, unknownBox } from "#src/cli/box-words.ts";
import { EXEC_OPTIONS, emptyExec } from "#src/cli/exec-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { readExecTarget } from "#src/inspect/read-exec-target.ts";
import { type ExecRequest, runExec, startExec } from "#src/run/run-exec.ts";
import { buildBoxExec, buildProcessExec, type ExecOptions } from "#src/spec/build-exec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";
import { boxOfProcess, findProcess, type FoundProcess } from "#src/state/find-process.ts";
import { openProcess } from "#src/state/process-life.ts";

/** The exit code: the command's own, or 128+N if signal N ended it. Throws NsboxError. */
export async function execCommand(argv: readonly string[]): Promise<number> {
  const options = emptyExec();
  const { words } = parseOptions(EXEC_OPTIONS, options, argv, { command: "exec", stopAtWord: true });
  const [word, ...rest] = words;
  const args = rest[0] === "--" ? rest.slice(1) : rest;
  if (word === undefined || args.length === 0) {
    throw new NsboxError("EUSAGE", `Cannot exec: no ${word === undefined ? "box or PID" : "command"} is given`, {
      hint: "write nsbox exec BOX COMMAND, for example: nsbox exec web sh",
    });
  }
  const found = findTarget(word);
  const facts = readFacts({ ...emptyDraft(), args });
  const request = {
    ...requestFor(found, args, options, facts),
    watcherArgv: options.json ? undefined : ["nsbox", "exec", ...argv],
  };
  if (options.detach) {
    const pid = startExec(request);
    if (options.json) printOut(`${JSON.stringify({ pid })}\n`);
    return 0;
  }
  const outcome = runExec(request);
  if (options.json) printError(`${JSON.stringify(outcome)}\n`);
  return outcome.exitCode;
}

function findTarget(word: string): FoundProcess {
  const found = findProcess(word);
  if (found === undefined) {
    if (!/^\d+$/.test(word)) throw unknownBox(word);
    throw new NsboxError("ESPEC", `Cannot exec in ${word}: no box has this name, and no process this PID`, {
      hint: "nsbox ps lists the boxes, ps ax the processes",
    });
  }
  if (found.kind === "box") requireRunning("exec in", found.box);
  return found;
}

/** SECURITY: a process of a box is treated as the box: a PID must not be a way to be freer than it. */
function requestFor(
  found: FoundProcess,
  args: readonly string[],
  options: ExecOptions,
  facts: HostFacts,
): Omit<ExecRequest, "watcherArgv"> {
  const { pid } = found.process;
  const pidfd = openProcess(found.process);
  if (pidfd === undefined) throw new NsboxError("ESPEC", `Cannot exec in process ${pid}: it has just ended`);
  const base = { facts, pidfd, pid, preserveCredentials: options.preserveCredentials };
  const box = found.kind === "box" ? found.box : boxOfProcess(pid);
  if (box === undefined) {
    const { namespaces, root } = options;
    return { ...base, isBox: false, namespaces, root, spec: specBeside(pid, args, options, facts) };
  }
  refusePartial(options, box.name);
  return {
    ...base,
    isBox: true,
    namespaces: undefined,
    root: false,
    spec: buildBoxExec(box.record.spec, args, options, facts),
  };
}

/** What would leave a part of the box's isolation out. */
function refusePartial({ namespaces, preserveCredentials, root, wd }: ExecOptions, box: string): void {
  const flag =
    namespaces !== undefined
      ? "--ns"
      : preserveCredentials
        ? "--preserve-credentials"
        : root
          ? "--root"
          : wd
            ? "--wd"
            : undefined;
  if (flag === undefined) return;
  throw new NsboxError("EUSAGE", `Cannot use ${flag} with the box ${JSON.stringify(box)}: a box is entered whole`, {
    hint: `leave out ${flag}; it is for processes that nsbox did not start`,
  });
}

function specBeside(pid: number, args: readonly string[], options: ExecOptions, facts: HostFacts): Spec {
  const { target, hasFilter } = readExecTarget(pid, options);
  if (hasFilter) {
    printError(
      `nsbox: note: process ${pid} has a seccomp filter, which nobody can copy: this command runs without it\n`,
    );
  }
  return buildProcessExec(target, args, options, facts);
}
