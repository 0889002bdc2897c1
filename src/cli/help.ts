// Help, from the tables of commands and flags.
import type { Command } from "./commands.ts";

const WIDTH = 96;
const INDENT = "  ";

/** What `nsbox --help` prints. */
export function mainHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return `nsbox ${version}: isolate processes with Linux namespaces, and see how they are isolated

Usage: nsbox COMMAND

Commands:
${commands.map((command) => `${INDENT}${command.name.padEnd(width)}  ${command.summary}`).join("\n")}

${INDENT}nsbox COMMAND --help shows its flags and examples; nsbox --version the version.

Try:
${INDENT}nsbox run -- sh -c 'id; hostname; ps ax'
`;
}

/** What `nsbox COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const examples = command.examples.map(([text, does]) => `${INDENT}${text}\n${INDENT}${INDENT}${does}`);
  return `${command.usage}

${wrap(`${capital(command.summary)}. ${command.about}`, "")}
${groups(command)}
Examples:
${examples.join("\n")}
`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function groups(command: Command): string {
  const names = [...new Set(command.options.map((option) => option.group))];
  return names
    .map((group) => {
      const rows = command.options
        .filter((option) => option.group === group)
        .map((option) => [flagText(option), option.doc] as const);
      return `\n${group}:\n${rows.map(([flag, doc]) => flagRow(flag, doc)).join("\n")}\n`;
    })
    .join("");
}

const FLAG_WIDTH = 27;

function flagText({ name, short, value }: Command["options"][number]): string {
  const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}

function flagRow(flag: string, doc: string): string {
  const start = `${INDENT}${flag}`;
  const gap = FLAG_WIDTH + INDENT.length + 2;
  const first = start.length < gap ? start.padEnd(gap) : `${start}\n${" ".repeat(gap)}`;
  return first + doc;
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== "") {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}
