// Finds the command. citty holds the tree of commands; each command parses its own words, strictly.
import { type CommandDef, defineCommand, runCommand } from "citty";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { VERSION } from "#src/version.ts";
import { type Command, COMMANDS } from "./commands.ts";
import { hintForCommand } from "./elsewhere.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { nearest } from "#src/spec/suggest.ts";

/** Not for people: nsbox starts it, see src/egress/start-proxy.ts. */
const PROXY_COMMAND = "egress-proxy";

const HELP: readonly string[] = ["--help", "-h", "help"];
const VERSIONS: readonly string[] = ["--version", "-V", "-v", "version"];

/** Runs what argv names; gives the exit code. Throws NsboxError. */
export async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === PROXY_COMMAND) return (await import("#src/egress/start-proxy.ts")).runProxy(rest);
  if (name === undefined || (HELP.includes(name) && rest.length === 0)) return show(mainHelp(COMMANDS, VERSION));
  if (VERSIONS.includes(name)) return show(`nsbox ${VERSION}\n`);
  const command = findCommand(HELP.includes(name) ? (rest[0] ?? "") : name);
  if (HELP.includes(name) || (command.takesCommand !== true && wantsHelp(rest))) return show(commandHelp(command));
  let exitCode = 0;
  const tree = commandTree((code) => {
    exitCode = code;
  });
  await runCommand(tree, { rawArgs: [...argv] });
  return exitCode;
}

function show(text: string): number {
  printOut(text);
  return 0;
}

function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((row) => row.name === name);
  if (command !== undefined) return command;
  const near = nearest(name, name.startsWith("-") ? ["--help", "--version"] : COMMANDS.map((row) => row.name));
  const other = near === undefined ? "nsbox --help lists the commands" : `did you mean nsbox ${near}?`;
  throw new NsboxError("EUSAGE", `Cannot do ${JSON.stringify(name)}: nsbox has no such command`, {
    hint: hintForCommand(name) ?? other,
  });
}

function commandTree(done: (exitCode: number) => void): CommandDef {
  const subCommands = COMMANDS.map((command): readonly [string, CommandDef] => [
    command.name,
    defineCommand({
      meta: { name: command.name, description: command.summary },
      run: async ({ rawArgs }) => {
        const exitCode = await (await command.load())(rawArgs);
        done(exitCode === "help" ? show(commandHelp(command)) : exitCode);
      },
    }),
  ]);
  return defineCommand({
    meta: { name: "nsbox", version: VERSION, description: "Isolate processes with Linux namespaces" },
    subCommands: Object.fromEntries(subCommands),
  });
}
