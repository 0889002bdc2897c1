// Where nsbox begins and ends: picks the command, and is the only one to end the process.
import { NsboxError } from "#src/error.ts";
import { hideEngineOption } from "#src/host/hide-engine-option.ts";
import { holdSignals } from "#src/host/hold-signals.ts";
import { printError } from "#src/host/print.ts";
import { mark } from "#src/run/trace.ts";

/** Commands that pass signals on, or a terminal's. */
const HOLDING: readonly string[] = ["run", "exec", "attach"];

/** Dispatched by hand: loading a command-line framework would cost more than a box, or than looking at one. */
async function main(argv: readonly string[]): Promise<number> {
  mark("the engine starts, and loads what it begins with");
  hideEngineOption();
  const [name = "", ...rest] = argv;
  // D-8: those that pass signals on to a command hold them from here on.
  if (HOLDING.includes(name)) holdSignals();
  if (name === "run") {
    const { runCommand } = await import("#src/cli/commands/run.ts");
    const exitCode = await runCommand(rest);
    if (exitCode !== "help") return exitCode;
  } else if (name === "inspect") {
    const { inspectCommand } = await import("#src/cli/commands/inspect.ts");
    const exitCode = await inspectCommand(rest);
    if (exitCode !== "help") return exitCode;
  }
  const { dispatch } = await import("#src/cli/dispatch.ts");
  return dispatch(name === "run" || name === "inspect" ? ["help", name] : argv);
}

function fail(error: unknown, argv: readonly string[]): number {
  const debug = process.env["NSBOX_DEBUG"] === "1";
  if (!(error instanceof NsboxError)) {
    const text = error instanceof Error ? error.message : String(error);
    printError(
      `nsbox: Cannot continue: ${text}\n  hint  please report this as a bug of nsbox; NSBOX_DEBUG=1 shows where\n`,
    );
    if (debug && error instanceof Error) printError(`${error.stack ?? ""}\n`);
    return 125;
  }
  printError(argv.includes("--json") ? `${errorJson(error)}\n` : errorText(error));
  if (debug) printError(`${error.stack ?? ""}\n`);
  return error.exitCode;
}

/** Three lines at most: what, where in the plan, what to do. */
function errorText(error: NsboxError): string {
  const { step, hint } = error;
  const place = step === undefined ? "" : `  step  ${step.actor} ${step.index + 1} of ${step.count}\n`;
  return `nsbox: ${error.message}\n${place}${hint === undefined ? "" : `  hint  ${hint}\n`}`;
}

function errorJson(error: NsboxError): string {
  const { code, message, syscall, errno, step, hint } = error;
  return JSON.stringify({ error: { code, message, syscall, errno, step, hint } });
}

const words: readonly string[] = process.argv.slice(2);
const exitCode: number = await main(words).catch((error: unknown) => fail(error, words));
process.exit(exitCode);
