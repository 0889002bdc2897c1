// A ready box as a file, and where the front maps it. All words are of 8 bytes.
//
//    0  the build it belongs to     8  its first record
//   16  the word that takes argv   24  the word that takes envp
//   32  the file's length: one that is shorter was not written to its end
//   40  the length of each stretch, and then the stretches: the words up to the command's first, the folder, and the
//       variables as NAME=VALUE, each with a NUL behind it; nothing for a variable that is not there
//
// Then the tape, and the box's image.

/** Above what an executable and its heap take, below what mmap(2) gives out by itself. */
export const READY_BASE = 0x10_0000_0000;

export const READY_AT = { build: 0, entry: 8, argv: 16, envp: 24, bytes: 32, lengths: 40 } as const;

/** Below the folder for nsbox's state; how long that path is stands in the listings as well. */
export const READY_FOLDER = "ready";

/**
 * The variables on which a plan rests, in the listings' order; others merely pass through to the command, from whoever
 * starts the box: where ready boxes lie, where homes are, where the command is found, which sockets there could be to
 * warn of, whether boxes are kept ready. A test changes every other one, and no plan may become another.
 */
export const DECIDING_VARIABLES: readonly string[] = [
  ...["XDG_RUNTIME_DIR", "HOME", "PATH"],
  ...["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "SSH_AUTH_SOCK", "WAYLAND_DISPLAY"],
  ...["NSBOX_STATE_DIR", "NSBOX_READY", "NSBOX_TRACE", "NSBOX_DEBUG"],
];
