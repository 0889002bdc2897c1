// Steps that make files and folders, all inside the box's root.
import { AT, O, S_IFREG } from "#ffi/uapi/fcntl.ts";
import { MOUNT_ATTR, MOUNT_ATTR_STRUCT, OPEN_TREE } from "#ffi/uapi/mount.ts";
import { MSG, SCM, SOL } from "#ffi/uapi/socket.ts";
import {
  type Arg,
  type Call,
  call,
  type CallOptions,
  fd,
  memory,
  type MemoryArg,
  result,
  tolerate,
  words,
} from "#ffi/tape/call.ts";
import { quote, type StepKind } from "../step.ts";

/** Opens, writes, closes: a file that is open for writing keeps its mount from becoming read-only. */
export function writeFileCalls(path: string, text: string): readonly Call[] {
  const bytes = new TextEncoder().encode(text);
  const [writing, closing] = [`write ${path}`, `close ${path}`];
  const opened = memory("opened file", 8);
  return [
    call("openat", [AT.FDCWD, path, O.WRONLY | O.CLOEXEC], { save: opened }),
    call("load", [opened, 0], { label: writing }),
    call("write", [result(writing), bytes, bytes.length]),
    call("load", [opened, 0], { label: closing }),
    call("close", [result(closing)]),
  ];
}

const STICKY = 0o1000;

/** Make a folder unless it is there. */
export interface MkdirStep {
  readonly kind: "mkdir";
  readonly path: string;
  readonly mode: number;
}

export const mkdirStep: StepKind<MkdirStep> = {
  phase: "mounts",
  explain: (step) => `make the folder ${quote(step.path)} unless it is there`,
  lower: ({ path, mode }) => [
    call("mkdirat", [AT.FDCWD, path, mode], tolerate("EEXIST")),
    // Whatever the caller's umask is, everybody may write there.
    ...((mode & STICKY) === 0 ? [] : [call("fchmodat", [AT.FDCWD, path, mode])]),
  ],
};

/** Make an empty file unless something is there, to mount a file on. */
export interface TouchStep {
  readonly kind: "touch";
  readonly path: string;
}

export const touchStep: StepKind<TouchStep> = {
  phase: "mounts",
  explain: (step) => `make the file ${quote(step.path)} unless it is there`,
  lower: (step) => [call("mknodat", [AT.FDCWD, step.path, S_IFREG | 0o644, 0], tolerate("EEXIST"))],
};

export interface SymlinkStep {
  readonly kind: "symlink";
  readonly target: string;
  readonly path: string;
}

export const symlinkStep: StepKind<SymlinkStep> = {
  phase: "mounts",
  explain: (step) => `make ${quote(step.path)} a symbolic link to ${quote(step.target)}`,
  lower: (step) => [call("symlinkat", [step.target, AT.FDCWD, step.path])],
};

/** A small file in a detached tree, to be bound elsewhere: /etc/hostname and its like. */
export interface FileStep {
  readonly kind: "file";
  readonly tree: string;
  readonly name: string;
  readonly content: string;
  /** The name under which the file, as a mount, is attached. */
  readonly as: string;
}

export const fileStep: StepKind<FileStep> = {
  phase: "sources",
  explain: (step) => `write the file ${quote(step.name)} to it`,
  lower: (step) => {
    const bytes = new TextEncoder().encode(step.content);
    const label = `file ${step.name}`;
    const attr = MOUNT_ATTR_STRUCT.pack({ attr_set: MOUNT_ATTR.RDONLY });
    return [
      call("openat", [fd(step.tree), step.name, O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC, 0o644], { label }),
      call("write", [result(label), bytes, bytes.length]),
      call("open_tree", [fd(step.tree), step.name, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC], { as: step.as }),
      call("mount_setattr", [fd(step.as), "", AT.EMPTY_PATH, attr, attr.length]),
    ];
  },
};

const CMSG_LEN = 20; // a header of 16 bytes and one int
const CMSG_SPACE = 24;
/** Level and type of the control message, two ints in one word; see cmsg(3). */
const RIGHTS = SOL.SOCKET + SCM.RIGHTS * 2 ** 32;

/** Send an open file of the plan over a socket of the plan, see unix(7), SCM_RIGHTS. */
export function sendFileCall(socket: string, file: string, label?: string): Call {
  return sendCall(socket, fd(file), label === undefined ? {} : { label });
}

/** Send the file that the call with this label gave, without a number of its own first. */
export function sendResultCall(socket: string, label: string): Call {
  return sendCall(socket, result(label), {});
}

/** Where in the control message the descriptor stands, see cmsg(3). */
const CMSG_FD = 16;

/** Takes a file that is sent over a socket; its number is the result of the call with this label. */
export function receiveFileCalls(socket: string, label: string): readonly Call[] {
  return [receiveCall(socket, label), receivedCall(label)];
}

/** A fifth of a millisecond, at most. */
const LOOKS_MAX = 256;

/**
 * The same of a sender that is about to send: looks for the file before it sleeps. To wake a processor that has nothing
 * else to do takes longer than what is left to wait for; one that has lets others go first with each look. D-66.
 */
export function receiveSoonCalls(socket: string, label: string): readonly Call[] {
  const [look, yields, sleep] = [`look for ${label}`, `let others go before ${label}`, `wait for ${label}`];
  const looks = memory(`looks for ${label}`, 8);
  const first = receiveCall(socket, label, MSG.DONTWAIT);
  return [
    { ...first, label: look, cases: [...(first.cases ?? []), { equals: "EAGAIN", then: yields }], then: label },
    call("sched_yield", [], { label: yields, fail: sleep }),
    call("load", [looks, 1], { save: looks, cases: [{ equals: LOOKS_MAX, then: sleep }], then: look }),
    { ...receiveCall(socket, label), label: sleep },
    receivedCall(label),
  ];
}

const controlOf = (label: string, at: number): MemoryArg => memory(`message with ${label}`, CMSG_SPACE, at);

function receiveCall(socket: string, label: string, flags: number = 0): Call {
  const message = words(0, 0, words(memory("received byte", 8), 1), 1, controlOf(label, 0), CMSG_SPACE, 0);
  // Nothing to read means that the sender has died or given up, as in wait.
  return call("recvmsg", [fd(socket), message, MSG.CMSG_CLOEXEC | flags], { cases: [{ equals: 0, then: "report" }] });
}

function receivedCall(label: string): Call {
  return call("load", [controlOf(label, CMSG_FD), 0], { label });
}

function sendCall(socket: string, file: Arg, options: CallOptions): Call {
  const control = words(CMSG_LEN, RIGHTS, file);
  const message = words(0, 0, words(new Uint8Array(1), 1), 1, control, CMSG_SPACE, 0);
  return call("sendmsg", [fd(socket), message, 0], options);
}
