// A real terminal emulator: what is on its screen is what a person would see, colours included.
import { tempDir, waitFor } from "./nsbox.ts";

export interface Tmux extends Disposable {
  /** The screen, a line a row, without colours. */
  screen(): string;
  /** The same with the escape sequences of its colours, their first character as "␛". */
  colours(): string;
  /** Types text, or keys by tmux's names: "Enter", "C-c", "Escape". */
  type(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** Until the screen holds this. */
  until(pattern: RegExp): Promise<void>;
}

/** The command on a terminal of 80 by 24; what is left of it on the screen stays to be seen when it has ended. */
export function openTmux(command: readonly string[], env: Readonly<Record<string, string>>): Tmux {
  const dir = tempDir();
  const tmux = (...args: readonly string[]): string => {
    const { stdout, stderr, exitCode } = Bun.spawnSync(["tmux", "-S", dir.join("socket"), "-f", "/dev/null", ...args], {
      env: { ...env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" },
    });
    if (exitCode !== 0) throw new Error(`tmux ${args[0]}: ${stderr.toString()}`);
    return stdout.toString();
  };
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const script = `${quoted}; echo "ended with $?"; exec sleep 1000`;
  tmux("new-session", "-d", "-x", "80", "-y", "24", script);
  const screen = (): string => tmux("capture-pane", "-p");
  return {
    screen,
    colours: () => tmux("capture-pane", "-p", "-e").replaceAll("\x1b", "␛"),
    type: (...keys) => void tmux("send-keys", ...keys),
    resize: (columns, rows) => void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    until: async (pattern) => {
      try {
        await waitFor(() => pattern.test(screen()), String(pattern));
      } catch (cause) {
        throw new Error(`The screen never had ${pattern}, but:\n${screen()}`, { cause });
      }
    },
    [Symbol.dispose]: () => {
      tmux("kill-server");
      dir[Symbol.dispose]();
    },
  };
}
