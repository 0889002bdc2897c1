// `nsbox cp`: which file of the host, and which of a box, is meant.
import { asFd, closeFile, type Fd, openFile } from "#ffi/libc/fd.ts";
import { syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { O, OPEN_HOW, openFlags, RESOLVE } from "#ffi/uapi/fcntl.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { type Copied, copyTree } from "./copy-tree.ts";
import { readTar } from "./read-tar.ts";
import type { Place } from "./place.ts";
import { writeTar } from "./write-tar.ts";
import { type ExactProcess, readLife } from "./process-life.ts";

const { DIRECTORY } = openFlags(process.arch === "arm64" ? "arm64" : "x64");

/** A path of the host, or of the root folder of a process. */
export interface CopyPath {
  readonly process: ExactProcess | undefined;
  readonly path: string;
}

/** Copies as cp -r does: into the target where that is a folder. Throws NsboxError. */
export function copyBetween(source: CopyPath, target: CopyPath): Copied {
  return explained((copied) => {
    using from = openSide(source);
    using to = openSide(target);
    const place = from.place(source.path);
    copyTree(place, to.target(target.path, place.name), copied);
  });
}

/** Writes it to stdout, as tar(1) would. Throws NsboxError. */
export function copyToTar(source: CopyPath): Copied {
  return explained((copied) => {
    using from = openSide(source);
    writeTar(from.place(source.path), asFd(1), copied);
  });
}

/** Unpacks what tar(1) writes to stdin into a folder. Throws NsboxError. */
export function copyFromTar(target: CopyPath): Copied {
  return explained((copied) => {
    using to = openSide(target);
    readTar(asFd(0), to.folder(target.path), copied);
  });
}

function explained(act: (copied: Copied) => void): Copied {
  const copied: Copied = { files: 0, skipped: [] };
  try {
    act(copied);
    return copied;
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { syscall: name, errno, operand } = cause;
    throw new NsboxError("ESPEC", `Cannot copy ${JSON.stringify(operand)}: ${explainErrno(errno)}`, {
      syscall: name,
      errno,
      hint: cause.is("EROFS") ? "that is read-only in the box; below /tmp it can be written" : undefined,
      cause,
    });
  }
}

/** One side of a copy: folders that are open until it is over. */
interface Side extends Disposable {
  folder(path: string): Fd;
  place(path: string): Place;
  /** Where a file of this name goes. */
  target(path: string, name: string): Place;
}

function openSide({ process }: CopyPath): Side {
  const opened: Fd[] = [];
  const keep = (fd: Fd): Fd => {
    opened.push(fd);
    return fd;
  };
  const root = process === undefined ? undefined : keep(openRoot(process));
  const openFolder = (path: string): Fd => keep(resolveFolder(root, path));
  const place = (path: string): Place => {
    const { folder, name } = splitPath(path);
    return name === "" ? { folder: openFolder(folder), name: "." } : { folder: openFolder(folder), name };
  };
  return {
    folder: openFolder,
    place,
    target: (path, name) => {
      const folder = openIfFolder(root, path);
      if (folder !== undefined) return { folder: keep(folder), name: name === "." ? "." : name };
      return place(path);
    },
    [Symbol.dispose]: () => {
      for (const fd of opened) closeFile(fd);
    },
  };
}

function openRoot(process: ExactProcess): Fd {
  const root = openFile(`/proc/${process.pid}/root`, O.PATH | DIRECTORY);
  // It was opened by a PID: what lives now has had it all the time.
  if (readLife(process) !== "ended") return root;
  closeFile(root);
  throw new NsboxError("ESPEC", "Cannot copy: the box has just ended");
}

/** "/a/b/" → "/a" and "b"; "/" → "/" and nothing. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return { folder: path === "" ? "." : "/", name: "" };
  const slash = trimmed.lastIndexOf("/");
  const name = trimmed.slice(slash + 1);
  if (name === "." || name === "..") return { folder: trimmed, name: "" };
  return { folder: slash === -1 ? "." : trimmed.slice(0, slash) || "/", name };
}

/** SECURITY: the kernel resolves links and .. within the box's root, whatever the box changes meanwhile. */
function resolveFolder(root: Fd | undefined, path: string): Fd {
  if (root === undefined) return openFile(path, O.RDONLY | DIRECTORY);
  const flags = O.RDONLY | DIRECTORY | O.CLOEXEC;
  const how = OPEN_HOW.pack({ flags, resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS });
  return asFd(syscall(path, "openat2", root, path, how, how.length));
}

/** undefined where nothing, or something else, stands there. */
function openIfFolder(root: Fd | undefined, path: string): Fd | undefined {
  try {
    return resolveFolder(root, path);
  } catch (error) {
    if (error instanceof SyscallError && (error.is("ENOENT") || error.is("ENOTDIR"))) return undefined;
    throw error;
  }
}
