// A state folder of a test's own, with pinned namespaces in it.
import { expect } from "bun:test";
import { nsbox, type RunResult, tempDir } from "#test/support/nsbox.ts";

export interface View {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
  readonly holder: { readonly kind: string; readonly pid: number; readonly startTicks: number };
  readonly namespaces: readonly { readonly type: string; readonly inode: number; readonly path: string }[];
}

export const isRoot: boolean = process.getuid?.() === 0;

export interface State extends AsyncDisposable {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  ns(...args: readonly string[]): Promise<RunResult>;
  run(flags: readonly string[], script: string): Promise<string>;
  list(): Promise<readonly View[]>;
}

/** A state folder of the test's own, in which nothing is left. */
export function openState(): State {
  const dir = tempDir();
  const path = dir.join("state");
  const env = { PATH: process.env["PATH"] ?? "", NSBOX_STATE_DIR: path };
  const ns = (...args: readonly string[]): Promise<RunResult> => nsbox(["ns", ...args], { env });
  const list = async (): Promise<readonly View[]> => JSON.parse((await ns("ls", "--json")).stdout) as readonly View[]; // what the command documents
  return {
    path,
    env,
    ns,
    list,
    async run(flags, script) {
      const { stdout, stderr } = await nsbox(["run", ...flags, "--", "sh", "-c", script], { env });
      return `${stdout}${stderr}`.trim();
    },
    async [Symbol.asyncDispose]() {
      const names = (await list()).map(({ name }) => name);
      if (names.length > 0) await ns("rm", ...names);
      dir[Symbol.dispose]();
    },
  };
}

export async function pin(state: State, ...args: readonly string[]): Promise<View> {
  const { stdout, stderr } = await state.ns("pin", ...args, "--json");
  expect(stderr).toBe("");
  return JSON.parse(stdout) as View; // what the command documents
}

export function inodeOf(view: View, type: string): string {
  return `${type}:[${view.namespaces.find((one) => one.type === type)?.inode ?? 0}]`;
}
