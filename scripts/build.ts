// `npm run build`: makes dist/nsbox from src/main.ts where a source is newer than it. `--force` builds anyway.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import type { BunPlugin } from "bun";
import { addFront } from "#ffi/front/add-front.ts";
import { inlineTables } from "#scripts/inline-tables.ts";

const ROOT: string = join(import.meta.dir, "..");
const ENTRY = "src/main.ts";
const OUTPUT = "dist/nsbox";

/** What dist/nsbox is made of. Folders count too: a file that went away is seen only in its folder's time. */
const SOURCES: readonly string[] = [
  "src",
  "ffi",
  "scripts/build.ts",
  "scripts/inline-tables.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** ink, inside @oclif/table, imports this package only while DEV=true is debugged; it is not installed. */
const WITHOUT_DEVTOOLS: BunPlugin = {
  name: "without-react-devtools",
  setup(build) {
    build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: "absent" }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export default {};", loader: "js" }));
  },
};

/**
 * What starts first of all, in few pieces: main.ts with what it imports, then `run`, which most others need much of.
 *
 * A bundler gives every set of importers a chunk of its own: `run` came in 36, at some 20 µs each. Where whatever is
 * loaded lazily imports all of them, as it does anyway in the process that they are in, there are few sets.
 */
const RUN = "src/cli/commands/run.ts";
/** Has less in common with `run`, and is to be quick. */
const INSPECT = "src/cli/commands/inspect.ts";
/** Need most of what it needs. */
const LIKE_INSPECT: readonly string[] = ["src/cli/commands/diff.ts", "src/inspect/page/read-details.ts"];
/** Small files that it shares with this one or that one: one piece, which all but `run` load. */
const SHARED: readonly string[] = [
  "ffi/libc/dir.ts",
  "src/cli/inspect-options.ts",
  "src/cli/process-word.ts",
  "src/host/terminal-size.ts",
  "src/inspect/descent.ts",
  "src/inspect/escape-text.ts",
  "src/inspect/namespace-text.ts",
  "src/inspect/parse-mountinfo.ts",
  "src/inspect/proc-text.ts",
  "src/inspect/read-netnsids.ts",
  "src/net/helper-ports.ts",
];

/** The files of a folder, at any depth. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function matches(path: string, pattern: RegExp): readonly string[] {
  return [...readFileSync(path, "utf8").matchAll(pattern)].map(([, name = ""]) => name);
}

/** The files that some source imports with import(). */
function lazyFiles(root: string): ReadonlySet<string> {
  const lazy = filesBelow(join(root, "src")).flatMap((path) =>
    matches(path, /import\("([^"]+)"\)/g).map((name) =>
      name.startsWith("#") ? join(root, name.slice(1)) : join(dirname(path), name),
    ),
  );
  return new Set(lazy);
}

function inFewPieces(root: string): BunPlugin {
  const lazy = lazyFiles(root);
  const first = matches(join(root, ENTRY), /^import .* from "(#[^"]+)";$/gm);
  const shared = SHARED.map((name) => `#${name}`);
  const importedBy = (name: string): readonly string[] => {
    if (name === RUN) return first;
    if (name === INSPECT) return [...first, ...shared];
    return [...first, ...shared, `#${RUN}`, ...(LIKE_INSPECT.includes(name) ? [`#${INSPECT}`] : [])];
  };
  return {
    name: "in-few-pieces",
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        if (!lazy.has(path)) return undefined;
        const lines = importedBy(relative(root, path)).map((name) => `import "${name}";\n`);
        return { contents: `${lines.join("")}${readFileSync(path, "utf8")}`, loader: "ts" };
      });
    },
  };
}

/** The newest change below a path, in ms since 1970; 0 where nothing stands there. */
function newestChange(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

/** True if no source, and not this Bun, is newer than the executable. */
export function isFresh(root: string): boolean {
  const output = join(root, OUTPUT);
  if (!existsSync(output)) return false;
  const sources = [...SOURCES.map((name) => join(root, name)), process.execPath];
  return Math.max(...sources.map(newestChange)) < statSync(output).mtimeMs;
}

/** Compile one entry into one executable, with the options that nsbox ships with. */
export async function compile(entry: string, output: string, build = 0n): Promise<void> {
  await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    // Without splitting, what a lazy import() needs is loaded at start all the same, since its node: imports move into
    // the one file: 11.3 ms instead of 5.3 for a program that has @oclif/table behind an import() (empty program: 5.1).
    splitting: true,
    define: { "process.env.NODE_ENV": '"production"', NSBOX_BUILD: JSON.stringify(`0x${build.toString(16)}`) },
    plugins: [WITHOUT_DEVTOOLS, inFewPieces(ROOT), inlineTables(ROOT)],
    compile: {
      outfile: output,
      // One thread: the JIT's helpers never start.
      jitPolicy: 1000,
      // SECURITY: or the folder nsbox is started in decides what it runs (bunfig.toml: preload) and its variables.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
}

/** 64 bits of all that goes into a build: another build takes up nothing that this one has left ready. */
function buildId(root: string): bigint {
  const hash = new Bun.CryptoHasher("sha256");
  for (const path of SOURCES.flatMap((name) => filesOf(join(root, name))).sort())
    hash.update(relative(root, path)).update(readFileSync(path));
  return new DataView(hash.update(Bun.version).digest().buffer).getBigUint64(0) | 1n;
}

function filesOf(path: string): readonly string[] {
  return statSync(path).isDirectory() ? filesBelow(path) : [path];
}

/** False where the executable is of another kind than the front is for. */
function fitFront(path: string, build: bigint): boolean {
  const fronted = addFront(new Uint8Array(readFileSync(path)), build);
  if (fronted === undefined) return false;
  const file = openSync(path, "r+");
  try {
    writeSync(file, fronted.code, 0, fronted.code.length, fronted.offset);
    writeSync(file, fronted.head, 0, fronted.head.length, 0);
    return true;
  } finally {
    closeSync(file);
  }
}

/** Build through a folder of its own and rename: who runs the old file keeps it, and no one sees half a file. */
async function buildNsbox(root: string): Promise<void> {
  const work = join(root, "dist", `.build-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const build = buildId(root);
    await compile(join(root, ENTRY), join(work, "nsbox"), build);
    // Nobody would take up what is made ready.
    if (!fitFront(join(work, "nsbox"), build)) await compile(join(root, ENTRY), join(work, "nsbox"));
    renameSync(join(work, "nsbox"), join(root, OUTPUT));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const unknown = Bun.argv.slice(2).filter((arg) => arg !== "--force");
  if (unknown.length > 0) throw new Error(`Cannot build: unknown option "${unknown[0]}"; there is only --force`);
  if (!Bun.argv.includes("--force") && isFresh(ROOT)) {
    console.log(`${OUTPUT} is up to date`);
    return;
  }
  const start = performance.now();
  await buildNsbox(ROOT);
  const megabytes = statSync(join(ROOT, OUTPUT)).size / 1e6;
  console.log(`${OUTPUT} built in ${Math.round(performance.now() - start)} ms, ${megabytes.toFixed(0)} MB`);
}

if (import.meta.main) await main();
