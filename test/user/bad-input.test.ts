// What nsbox says to bad input: what failed, on what and what to do, in three lines at most, and nothing happens.
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, type RunResult, tempDir, type TempDir } from "#test/support/nsbox.ts";

const LINES_MAX = 3;

/** A folder with what the rows below name. */
function badFolder(): TempDir {
  const dir = tempDir();
  const files: Readonly<Record<string, string>> = {
    file: "hi\n",
    "bad-key.toml": '# note\nhostnam = "a"\n',
    "bad-key.jsonc": '{\n  "hostname": "a",\n  "netz": "host"\n}\n',
    "bad-key.yaml": "net: host\noverlya: true\n",
    "bad-value.json": '{\n  "uid-map": "x"\n}\n',
    "bad-type.json": '{"overlay": "yes"}',
    "broken.json": '{"hostname": ',
    "vars.env": "A=1\nexport B=2\n",
    "no-interpreter": "#!/nowhere/sh\n",
    "no-program": "neither a program nor a script\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(dir.join(name), text);
  for (const name of ["no-interpreter", "no-program"]) chmodSync(dir.join(name), 0o755);
  for (const name of ["rootfs", "outside"]) mkdirSync(dir.join(name));
  symlinkSync(dir.join("outside"), dir.join("rootfs/absolute"));
  symlinkSync(`${"../".repeat(20)}${dir.join("outside")}`, dir.join("rootfs/relative"));
  return dir;
}

/** What holds for every message of nsbox's own. */
function expectRefusal({ stdout, stderr, exitCode }: RunResult, exit: number): void {
  expect(stderr).toStartWith("nsbox: Cannot ");
  expect(stderr).toEndWith("\n");
  expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(LINES_MAX);
  expect(stderr).toMatch(/^ {2}hint {2}\S/m);
  expect(stderr).not.toMatch(/^\s+at |\.ts:\d|\$bunfs|please report/m);
  expect(stdout).toBe("");
  expect(exitCode).toBe(exit);
}

/** `DIR` in a word stands for the folder, in which nsbox also starts. */
async function refuse(words: readonly string[], exit: number): Promise<string> {
  using dir = badFolder();
  const result = await nsbox(
    words.map((word) => word.replaceAll("DIR", dir.path)),
    { cwd: dir.path },
  );
  expectRefusal(result, exit);
  return result.stderr.replaceAll(dir.path, "DIR");
}

type Row = readonly [flags: readonly string[], parts: readonly string[]];

const WRONG_WORDS: readonly Row[] = [
  [
    ["--hostnam", "a"],
    ["Cannot use --hostnam", "did you mean --hostname?"],
  ],
  [
    ["--network", "none"],
    ["Cannot use --network", "did you mean --net?"],
  ],
  [
    ["-v", "/tmp:/x"],
    ["Cannot use -v", "--ro PATH[:DEST]"],
  ],
  [["-Z"], ["Cannot use -Z", "nsbox run --help"]],
  [["--hostname"], ["Cannot use --hostname: its value is missing", "write --hostname NAME"]],
  [["--overlay=1"], ["Cannot use --overlay=1: --overlay takes no value"]],
  [["--hostname", "a", "--hostname", "b"], ["Cannot use --hostname twice"]],
  [
    ["--uid-map", "0:0"],
    ['Cannot parse --uid-map "0:0": it does not have three parts', "--uid-map 0:100000:65536"],
  ],
  [["--gid-map", "0:x:1"], ['Cannot parse --gid-map "0:x:1": "x" is not a number']],
  [["--uid-map", "0:0:9", "--uid-map", "5:90:1"], ["--uid-map 0:0:9 and --uid-map 5:90:1: they overlap inside"]],
  [["--gid-map", "0:0:9", "--gid-map", "90:5:1"], ["--gid-map 0:0:9 and --gid-map 90:5:1: they overlap outside"]],
  [
    ["--user", "root"],
    ['Cannot parse --user "root"', "UID:GID"],
  ],
  [
    ["--rlimit", "bogus=1"],
    ['"bogus" is not a limit', "nofile"],
  ],
  [["--rlimit", "nofile=2:1"], ["the soft limit exceeds the hard one"]],
  [
    ["--timeout", "soon"],
    ['Cannot parse --timeout "soon"', "30s"],
  ],
  [["--umask", "999"], ['Cannot parse --umask "999"']],
  [
    ["--pass-fd", "1"],
    ['Cannot parse --pass-fd "1"', "from 3 to"],
  ],
  [
    ["--net", "no where"],
    ['Cannot parse --net "no where"', "new, host, a PID"],
  ],
  [
    ["--net", "nowhere"],
    ['Cannot find "nowhere"', "new, host, a PID, a path, or a pinned name"],
  ],
  [
    ["--proc", "x"],
    ['Cannot parse --proc "x"', "fresh, bind, none"],
  ],
  [["--env", "=x"], ['Cannot parse --env "=x"']],
  [["--hostname", "a b"], ['Cannot parse --hostname "a b"']],
  [["--name", "../x"], ['Cannot parse --name "../x"']],
  [["--tmpfs", "rel"], ['the destination "rel" is not absolute']],
  [["--tmpfs", "/t:size=lots"], ['Cannot parse --tmpfs size "lots"']],
  [["--mount", "type=nfs,dst=/x"], ['"nfs" is not a type']],
];

const WRONG_SETS: readonly Row[] = [
  [["--overlay", "--overlay-dir", "kept"], ["Cannot use --overlay and --overlay-dir together"]],
  [["--writable-root"], ["Cannot make the host's root writable", "--rw PATH"]],
  [["--time", "host", "--boottime", "3"], ["Cannot set clock offsets: --time is not new"]],
  [["--uts", "host", "--hostname", "a"], ['Cannot set the host or domain name to "a"']],
  [["--userns", "host", "--uid-map", "0:0:1"], ["Cannot map ids: --userns is not new"]],
];

const WRONG_FILES: readonly Row[] = [
  [["--root", "gone"], ['Cannot use "DIR/gone" as the root: it does not exist']],
  [["--root", "DIR/file"], ['Cannot use "DIR/file" as the root: it is not a folder']],
  [["--ro", "DIR/gone"], ['Cannot use --ro "DIR/gone": ENOENT']],
  [["--rw", "gone:/x"], ['Cannot use --rw "gone": ENOENT']],
  [["--ro", "file:rel"], ['Cannot use --ro: the destination "rel" is not absolute']],
  [["--mount", "src=gone,dst=/x"], ['Cannot use --mount "gone": ENOENT']],
  [
    ["--ro", "file:/not-there"],
    ['Cannot mount on "/not-there": it does not exist on the host', "--overlay"],
  ],
  [["--env-file", "gone.env"], ['Cannot read --env-file "gone.env": ENOENT']],
  [
    ["--env-file", "vars.env"],
    ['Cannot use --env-file "vars.env": line 2: "export B"', "no `export`"],
  ],
  [["--config", "gone.json"], ['Cannot read --config "gone.json": ENOENT']],
  [
    ["--config", "file.ini"],
    ['Cannot read --config "file.ini"', ".toml"],
  ],
  [
    ["--config", "broken.json"],
    ['Cannot parse --config "broken.json"', "JSON"],
  ],
  [
    ["--config", "bad-key.toml"],
    ['"bad-key.toml": line 2, key "hostnam"', "did you mean hostname?"],
  ],
  [
    ["--config", "bad-key.jsonc"],
    ['"bad-key.jsonc": line 3, key "netz"', "did you mean net?"],
  ],
  [
    ["--config", "bad-key.yaml"],
    ['"bad-key.yaml": line 2, key "overlya"', "did you mean overlay?"],
  ],
  [
    ["--config", "bad-value.json"],
    ['line 2, key "uid-map"', "it does not have three parts"],
  ],
  [
    ["--config", "bad-type.json"],
    ['line 1, key "overlay"', "neither true nor false"],
  ],
];

describe("nsbox run with bad input", () => {
  const rows = [...WRONG_WORDS, ...WRONG_SETS, ...WRONG_FILES];

  test.each(rows)("%j is refused before anything is made: %j", async (flags, parts) => {
    const stderr = await refuse(["run", ...flags, "--", "true"], 125);
    for (const part of parts) expect(stderr).toContain(part);
  });

  test.each([[[]], [["--"]], [["--overlay"]]])("%j has no command", async (flags) => {
    expect(await refuse(["run", ...flags], 125)).toContain("Cannot run: no command is given");
  });

  test("--dry-run is as strict as a run", async () => {
    expect(await refuse(["run", "--dry-run", "--ro", "gone", "--", "true"], 125)).toContain("ENOENT");
  });

  test("--json puts the error into one line of JSON on stderr", async () => {
    const { stdout, stderr, exitCode } = await nsbox(["run", "--json", "--hostnam", "a", "--", "true"]);
    expect(stdout).toBe("");
    expect(exitCode).toBe(125);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "EUSAGE",
        message: "Cannot use --hostnam: nsbox run has no such flag",
        hint: "did you mean --hostname?",
      },
    });
  });
});

describe("nsbox with bad input", () => {
  test.each([
    [["rum"], ['Cannot do "rum"', "did you mean nsbox run?"]],
    [["qwertzuiop"], ['Cannot do "qwertzuiop"', "nsbox --help"]],
    [["help", "rnu"], ['Cannot do "rnu"']],
    [
      ["pull", "debian"],
      ['Cannot do "pull"', "there are no images"],
    ],
    [["--verson"], ['Cannot do "--verson"', "did you mean nsbox --version?"]],
    [["inspect"], ["Cannot inspect: no PID and no box is given"]],
    [["inspect", "me"], ['Cannot inspect "me": it is no PID, and no box has this name']],
    [["inspect", "99999999"], ["Cannot inspect 99999999: no process has this PID"]],
    [
      ["inspect", "--jsno", "1"],
      ["Cannot use --jsno: nsbox inspect has no such flag", "did you mean --json?"],
    ],
  ])("%j is refused: %j", async (words, parts) => {
    const stderr = await refuse(words, 125);
    for (const part of parts) expect(stderr).toContain(part);
  });

  test("NSBOX_DEBUG=1 adds where it happened", async () => {
    const env = { ...process.env, NSBOX_DEBUG: "1" };
    const { stderr, exitCode } = await nsbox(["run", "--hostnam", "a"], { env });
    expect(exitCode).toBe(125);
    expect(stderr.split("\n").length).toBeGreaterThan(LINES_MAX + 1);
  });
});

describeWith(["userns"], "nsbox run of what turns out bad inside", () => {
  test.each([
    [["--", "no-such-command"], 127, ['Cannot run "no-such-command": ENOENT', "PATH"]],
    [["--", "/nowhere/true"], 127, ['Cannot run "/nowhere/true": ENOENT']],
    [["-e", "PATH=here", "--", "true"], 127, ['Cannot run "true": PATH inside the box names no folder', "-e PATH="]],
    [["--ro", "DIR", "--", "DIR/no-interpreter"], 127, ["interpreter"]],
    [["--ro", "DIR", "--", "DIR/file"], 126, ['Cannot run "DIR/file": EACCES', "chmod +x"]],
    [["--ro", "DIR", "--", "DIR/no-program"], 126, ['Cannot run "DIR/no-program": ENOEXEC', "#!"]],
    [["--ro", "DIR", "--", "DIR"], 126, ['Cannot run "DIR": EACCES']],
    [["--workdir", "/nowhere", "--", "true"], 125, ['"/nowhere"', "ENOENT", "--workdir"]],
    [["--workdir", "/etc/passwd", "--", "true"], 125, ["ENOTDIR", "give a folder to --workdir"]],
    [["--pass-fd", "55", "--", "true"], 125, ["Cannot use --pass-fd 55: no file is open as 55", "55<file"]],
    [["--net", "/etc/passwd", "--", "true"], 125, ["Cannot enter the net namespace", "EINVAL"]],
    [["--net", "4194303", "--", "true"], 125, ["Cannot join the namespace", "/proc/4194303/ns/net", "ENOENT"]],
    [["--monotonic", "-9999999999", "--", "true"], 125, ["ERANGE", "below 0"]],
    [["--rlimit", "nofile=999999999999", "--", "true"], 125, ["RLIMIT_NOFILE", "EPERM", "lowered"]],
  ])("%j ends with %p: %j", async (flags, exit, parts) => {
    const stderr = await refuse(["run", ...flags], exit);
    for (const part of parts) expect(stderr).toContain(part);
  });

  test.each(["absolute", "relative"])("a destination behind an %s link out of the root is refused", async (link) => {
    using dir = badFolder();
    const flags = ["--root", dir.join("rootfs"), "--ro", `${dir.join("outside")}:/${link}/made`];
    const result = await nsbox(["run", ...flags, "--", "true"]);
    expectRefusal(result, 125);
    expect(result.stderr).toContain(`"/${link}/made"`);
    expect(readdirSync(dir.join("outside"))).toEqual([]);
  });
});
