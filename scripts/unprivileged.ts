// A place and a command line to run tests as somebody without privileges, when the caller is root.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** This user is taken where it exists: a name in passwd, with a range in /etc/subuid, lets newuidmap be tested. */
const NAMED_USER = "nsbox-test";

/** Taken otherwise: an id that no account has. Not 65534, which also stands for every unmapped id. */
const NAMELESS_ID = 54321;

/** What the tests need of a checkout, besides bun itself. */
const STAGED: readonly string[] = [
  "dist",
  "docs",
  "examples",
  "ffi",
  "node_modules",
  "package.json",
  "bunfig.toml",
  "scripts",
  "src",
  "test",
];

/** Tools in node_modules that no test loads, and that weigh hundreds of megabytes. */
const UNSTAGED: RegExp = /\/node_modules\/(bun|@oven|@biomejs|\.bin)(\/|$)|\/dist\/(?!nsbox$)/;

export interface Unprivileged extends Disposable {
  /** The checkout as this user sees it. */
  readonly root: string;
  /** Goes before the arguments of bun. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A folder of the user's own. */
  readonly home: string;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account that unprivileged tests run under, from the text of /etc/passwd. */
export function chooseAccount(passwd: string): Account {
  const line = passwd.split("\n").find((row) => row.startsWith(`${NAMED_USER}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) return { name: String(NAMELESS_ID), uid: NAMELESS_ID, gid: NAMELESS_ID };
  return { name: NAMED_USER, uid: Number(uid), gid: Number(gid) };
}

function dropTo(account: Account): string[] {
  return ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", "--inh-caps=-all"];
}

/** True if that account can read and run what stands here: a checkout below a 0700 folder is out of its reach. */
function canUse(account: Account, root: string): boolean {
  const test = `test -x "$1" && test -x "$2/dist/nsbox" && test -r "$2/package.json" && test -r "$2/test"`;
  const command = [...dropTo(account), "sh", "-c", test, "sh", process.execPath, root];
  return Bun.spawnSync(command, { cwd: "/", stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0;
}

function copyCheckout(root: string, target: string): void {
  mkdirSync(target, { mode: 0o755 });
  const filter = (source: string): boolean => !UNSTAGED.test(source);
  for (const name of STAGED) cpSync(join(root, name), join(target, name), { recursive: true, filter });
  copyFileSync(process.execPath, join(target, "bun"));
  Bun.spawnSync(["chmod", "-R", "a+rX", target]);
}

/** Make a home for an unprivileged user, and a copy of the checkout where its own is out of reach. */
export function openUnprivileged(root: string): Unprivileged {
  const account = chooseAccount(readFileSync("/etc/passwd", "utf8"));
  // Where homes are, not in /tmp: a box hides the one and has the other for itself.
  const parent = existsSync("/home") ? "/home" : tmpdir();
  const home = mkdtempSync(join(parent, "nsbox-user-"));
  const inPlace = canUse(account, root);
  const seen = inPlace ? root : join(home, "checkout");
  if (!inPlace) copyCheckout(root, seen);
  const runtime = join(home, "run");
  mkdirSync(runtime);
  chmodSync(runtime, 0o700);
  chownSync(runtime, account.uid, account.gid);
  chownSync(home, account.uid, account.gid);
  return {
    root: seen,
    command: [...dropTo(account), inPlace ? process.execPath : join(seen, "bun")],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: home,
      USER: account.name,
      LOGNAME: account.name,
      XDG_RUNTIME_DIR: runtime,
      LANG: "C.UTF-8",
    },
    home,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
