// An engine with a front beside the same without: both are run, and must say the same, but where a ready box is there.
// As an ordinary user, or as one whom root becomes: nothing of the machine's own is looked at.
import { expect } from "bun:test";
import { chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ENGINE_OPTION } from "#ffi/front/engine-option.ts";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import type { Observation } from "#src/ready/observation.ts";
import { buildReadyFile } from "#src/ready/ready-file.ts";
import { readyKey, readyName } from "#src/ready/ready-key.ts";
import { arm64Engine, BUILD, cEngine, fitFront } from "./fronted.ts";
import type { Need } from "./needs.ts";
import { type TempDir, tempDir } from "./nsbox.ts";

const isRoot = process.getuid?.() === 0;
const USER = 54321;
export const uid: number = isRoot ? USER : (process.getuid?.() ?? 0);

export const tool = (name: string): string => Bun.which(name) ?? name;
const AS_USER: readonly string[] = isRoot
  ? [tool("setpriv"), `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups"]
  : [];

export interface Kind {
  readonly title: string;
  readonly arch: "x64" | "arm64";
  readonly needs: readonly Need[];
  /** By ld.so, which leaves something in a register. */
  readonly loaded: boolean;
}

export const KINDS: readonly Kind[] = [
  { title: "x64, static", arch: "x64", needs: ["x64", "cc"], loaded: false },
  { title: "x64, by ld.so", arch: "x64", needs: ["x64", "cc"], loaded: true },
  { title: "arm64, static", arch: "arm64", needs: ["aarch64-as", "qemu-aarch64"], loaded: false },
  { title: "arm64, by ld.so", arch: "arm64", needs: ["aarch64-as", "qemu-aarch64", "aarch64-libc"], loaded: true },
];

const OPTION = `${ENGINE_OPTION.name}=${ENGINE_OPTION.value}`;
const EMULATORS = { x64: [], arm64: ["/usr/bin/qemu-aarch64-static"] } as const;

type Env = Readonly<Record<string, string>>;

export interface Start {
  readonly words?: readonly string[];
  readonly env?: Env;
  readonly cwd?: string;
  /** What is executed, and executes the engine. */
  readonly before?: readonly string[];
}

/** Longer than a page, as any box is. */
const PADDING = 10_000;

/** Both engines, and what they run in. */
export class Stage {
  readonly dir: TempDir = tempDir();
  readonly runtime: string = this.dir.join("runtime");
  readonly folder: string = `${this.runtime}/nsbox/ready`;
  readonly box: string = this.dir.join("box");
  readonly kind: Kind;
  #made = false;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  make(): void {
    if (this.#made) return;
    this.#made = true;
    for (const name of ["bare", "with"]) mkdirSync(this.dir.join(name));
    mkdirSync(this.folder, { recursive: true });
    const { arch, loaded } = this.kind;
    const engine = this.dir.join("bare/engine");
    if (arch === "arm64") arm64Engine(engine, loaded);
    else cEngine(engine, "engine", loaded ? [] : ["-static"]);
    copyFileSync(engine, this.dir.join("with/engine"));
    fitFront(this.dir.join("with/engine"));
    if (arch === "x64") cEngine(this.box, "box");
    else writeFileSync(this.box, concatBytes([new Uint8Array(readFileSync(engine)), new Uint8Array(PADDING)]));
  }

  run(which: "bare" | "with", { words = [], env = {}, cwd = "/", before = [] }: Start, watch = false): string {
    this.make();
    const emulator = [...EMULATORS[this.kind.arch], ...(watch ? ["-strace"] : [])];
    const command = [...AS_USER, ...before, ...emulator, this.dir.join(which, "engine"), ...words];
    const { stdout, stderr, exitCode, signalCode } = Bun.spawnSync(command, {
      env,
      cwd,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const text = watch ? stderr.toString() : stdout.toString() + stderr.toString();
    return `${text}${signalCode ?? exitCode}\n`.replaceAll(this.dir.join(which), "/stage");
  }

  /** The front leaves no trace but the engine's option, behind the other variables: where there is a C library to tell. */
  expectEngine(start: Start, option: string = this.kind.loaded ? `[${OPTION}]\n`.repeat(2) : ""): void {
    const bare = this.run("bare", start);
    expect(bare).toMatch(/^engine: /);
    expect(bare).toMatch(/\n0\n$/);
    const before = bare.search(/^(?:environ \d, variables|what the kernel)/m);
    expect(before).toBeGreaterThan(0);
    expect(this.run("with", start)).toBe(bare.slice(0, before) + option + bare.slice(before));
  }

  /** It is looked at, and not taken up. */
  expectPassedOver(start: Start): void {
    this.expectEngine(start);
    if (this.kind.arch === "arm64") expect(this.run("with", start, true)).not.toContain("memfd_create");
  }

  /** The image is executed, or would be by a kernel that can: an emulator has no execveat(2). */
  expectBox(start: Start): void {
    const { words = [], env = {} } = start;
    if (this.kind.arch === "x64") {
      const said = this.run("with", start);
      expect(said).toMatch(/^box: /);
      const shown = ["/stage/engine", ...words].map((word) => `<${word}>\n`).join("");
      expect(said.slice(said.indexOf("\n") + 1)).toStartWith(`${shown}${Object.keys(env).length > 0 ? "[" : ""}`);
      // In whatever order they come: a shell has one of its own.
      for (const [name, value] of Object.entries(env)) expect(said).toContain(`\n[${name}=${value}]\n`);
      expect(said).not.toContain("mapped");
      return;
    }
    const [, argv, envp] = / execveat\(3,\d+,(\d+),(\d+),4096,/.exec(this.run("with", start, true)) ?? [];
    expect(Number(envp) - Number(argv)).toBe(8 * (words.length + 2));
    // Refused, it is as if nothing had been.
    this.expectEngine(start);
  }

  /** The file for these words, and its path. */
  leave({ words = [], env = {}, cwd = "/" }: Start, observations: readonly Observation[] = []): string {
    this.make();
    const { arch } = this.kind;
    const cmdline = new TextEncoder().encode(["engine", ...words].map((word) => `${word}\0`).join(""));
    const key = readyKey(cmdline, { cwd, env });
    if (key === undefined) throw new Error("Cannot leave a ready box: these words have no key");
    const path = `${this.folder}/${readyName(Bun.hash.adler32(concatBytes(key.stretches)))}`;
    const box = new Uint8Array(readFileSync(this.box));
    put(path, buildReadyFile({ arch, build: BUILD, key, observations, box }));
    return path;
  }
}

/** As nsbox writes it. */
export function put(path: string, bytes: Uint8Array): void {
  Bun.spawnSync(["rm", "-rf", path]);
  writeFileSync(path, bytes, { mode: 0o600 });
  chownSync(path, uid, uid);
}

/** The one that most is tried with. */
export function sampleStart(stage: Stage): Start & { readonly words: readonly string[]; readonly env: Env } {
  return {
    words: ["run", "--rw", "a b", "--", "make"],
    env: { XDG_RUNTIME_DIR: stage.runtime, PATH: "/bin", OTHER: "1" },
  };
}
