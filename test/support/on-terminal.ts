// nsbox on a real pseudo-terminal: what a person at a keyboard sees.
import { NSBOX, waitFor } from "./nsbox.ts";

/** What is on the screen, and a keyboard. */
export interface Session extends Disposable {
  readonly screen: () => string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  until(text: string): Promise<string>;
  readonly exited: Promise<number>;
  readonly pid: number;
}

/** nsbox on a terminal of 80 by 24. */
export function onTerminal(...args: readonly string[]): Session {
  return onTerminalWith(process.env, args);
}

/** The same in another environment. */
export function onTerminalWith(env: Readonly<Record<string, string | undefined>>, args: readonly string[]): Session {
  let screen = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([NSBOX, ...args], {
    env: { ...env },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const { terminal } = child;
  if (terminal === undefined) throw new Error("bun gave no terminal");
  return {
    screen: () => screen,
    type: (text) => void terminal.write(text),
    resize: (columns, rows) => terminal.resize(columns, rows),
    until: async (text) => {
      try {
        await waitFor(() => screen.includes(text), JSON.stringify(text));
      } catch (cause) {
        throw new Error(`The terminal never had ${JSON.stringify(text)}, but ${JSON.stringify(screen)}`, { cause });
      }
      return screen;
    },
    exited: child.exited,
    pid: child.pid,
    [Symbol.dispose]: () => {
      child.kill("SIGKILL");
      terminal.close();
    },
  };
}
