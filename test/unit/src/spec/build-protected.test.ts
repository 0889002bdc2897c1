import { describe, expect, test } from "bun:test";
import { buildProtected, protectedOnHost } from "#src/spec/build-protected.ts";
import type { PathKind } from "#src/spec/facts.ts";
import type { Mount } from "#src/spec/spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const bind = (source: string, destination: string = source, readOnly = false): Mount => ({
  type: "bind",
  source,
  destination,
  readOnly,
  device: false,
});
const protectedIn = (paths: Readonly<Record<string, PathKind>>, mounts: readonly Mount[]) =>
  buildProtected(NO_OPTIONS, { ...SAMPLE_FACTS, paths }, mounts);
const P = "/home/ann/project";
const REPOSITORY = {
  [P]: "dir",
  [`${P}/.git`]: "dir",
  [`${P}/.git/hooks`]: "dir",
  [`${P}/.git/config`]: "file",
} as const;

describe("buildProtected()", () => {
  test("keeps what is there as it is, and the folders on the way in their place", () => {
    const found = protectedIn(REPOSITORY, [bind(P, "/src")]);
    expect(found[0]).toEqual({ path: "/src/.git", readOnly: false, make: undefined });
    expect(found).toContainEqual({ path: "/src/.git/hooks", readOnly: true, make: undefined });
    expect(found).toContainEqual({ path: "/src/.git/config", readOnly: true, make: undefined });
  });

  test("makes what is missing, at the outermost folder that is", () => {
    const found = protectedIn(REPOSITORY, [bind(P)]);
    const made = (path: string, isFile: boolean) => ({ path, readOnly: true, make: { host: path, isFile } });
    expect(found).toContainEqual(made(`${P}/.github`, false));
    expect(found).toContainEqual(made(`${P}/.git/config.worktree`, true));
    expect(found.map(({ path }) => path)).not.toContain(`${P}/.github/workflows`);
  });

  test("keeps the file that .git is in a work tree", () => {
    const found = protectedIn({ "/w": "dir", "/w/.git": "file" }, [bind("/w")]);
    expect(found).toContainEqual({ path: "/w/.git", readOnly: true, make: undefined });
    expect(found.filter(({ path }) => path.startsWith("/w/.git/"))).toEqual([]);
  });

  test("keeps start-up files of a home, and not of a project", () => {
    const home = protectedIn({ "/home/ann": "dir", "/home/ann/.bashrc": "file" }, [bind("/home/ann")]);
    expect(home).toContainEqual({ path: "/home/ann/.bashrc", readOnly: true, make: undefined });
    expect(protectedIn(REPOSITORY, [bind(P)]).map(({ path }) => path)).not.toContain(`${P}/.bashrc`);
  });

  test("leaves folders of data alone, and what is read-only anyway", () => {
    expect(protectedIn({ "/data": "dir" }, [bind("/data")])).toEqual([]);
    expect(protectedIn(REPOSITORY, [bind(P, P, true)])).toEqual([]);
    expect(protectedIn({ "/f": "file" }, [bind("/f")])).toEqual([]);
  });

  test("does not take back what was asked for by its own name", () => {
    const found = protectedIn(REPOSITORY, [bind(P), bind(`${P}/.git/hooks`)]);
    expect(found.map(({ path }) => path)).not.toContain(`${P}/.git/hooks`);
    expect(found.map(({ path }) => path)).toContain(`${P}/.git/config`);
  });

  test("makes nothing where the caller can't either, or what is there can't be reached", () => {
    const facts = { ...SAMPLE_FACTS, paths: REPOSITORY, unwritable: [P] };
    expect(buildProtected(NO_OPTIONS, facts, [bind(P)])).toEqual([]);
    const denied = { "/home/ann": "dir", "/home/ann/.ssh": "denied" } as const;
    expect(protectedIn(denied, [bind("/home/ann")]).map(({ path }) => path)).not.toContain("/home/ann/.ssh");
    expect(protectedIn({ "/home": "dir" }, [bind("/home")]).map(({ path }) => path)).not.toContain("/home/.ssh");
  });

  test("keeps nsbox's own folder, there or not, where the folder around it is shown", () => {
    const facts = {
      ...SAMPLE_FACTS,
      env: { XDG_RUNTIME_DIR: "/x/run" },
      paths: { "/x": "dir", "/x/run": "dir" },
    } as const;
    expect(buildProtected(NO_OPTIONS, facts, [bind("/x", "/in")])).toContainEqual({
      ...{ path: "/in/run/nsbox", readOnly: true },
      make: { host: "/x/run/nsbox", isFile: false },
    });
    const rw = { kind: "bind", source: "/x", destination: "/in", readOnly: false, flag: "--rw" } as const;
    expect(protectedOnHost({ ...NO_OPTIONS, mounts: [rw] }, facts)).toContain("/x/run/nsbox");
    const root = { ...facts, uid: 0, paths: { "/run": "dir", "/run/nsbox": "dir" } } as const;
    expect(buildProtected(NO_OPTIONS, root, [bind("/run")])).toEqual([
      { path: "/run/nsbox", readOnly: true, make: undefined },
    ]);
  });

  test("is nothing with --no-protect", () => {
    const options = { ...NO_OPTIONS, protect: false };
    expect(buildProtected(options, { ...SAMPLE_FACTS, paths: REPOSITORY }, [bind(P)])).toEqual([]);
    expect(protectedOnHost(options, { ...SAMPLE_FACTS, cwd: P, homes: [] })).toEqual([]);
  });
});

test("protectedOnHost() asks for every path on the way, within what --rw shows", () => {
  const rw = { kind: "bind", source: ".", destination: undefined, readOnly: false, flag: "--rw" } as const;
  const paths = protectedOnHost({ ...NO_OPTIONS, mounts: [rw] }, { ...SAMPLE_FACTS, cwd: P, homes: ["/home/ann"] });
  expect(paths).toContain(`${P}/.git`);
  expect(paths).toContain(`${P}/.github/workflows`);
  expect(paths).not.toContain(`${P}/.bashrc`);
});
