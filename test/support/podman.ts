// A container of podman, made from a folder, without a network, a registry or cgroups of its own.
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { runCommand, tempDir } from "./nsbox.ts";

export interface PodmanContainer extends AsyncDisposable {
  /** Its first process, outside. */
  readonly pid: number;
}

const APPLETS = ["sh", "sleep", "id", "ls", "cat", "hostname", "ps", "readlink", "pwd", "env"];

/**
 * Podman sees a pure cgroup v2 in a mount namespace of its own, as its runtimes refuse the mixed layout of some
 * machines; with --cgroups=disabled it makes no cgroup in it.
 */
const SCRIPT = `
  dir=$1; shift
  umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit
  exec podman --root "$dir/storage" --runroot "$dir/run" --storage-driver vfs --cgroup-manager cgroupfs \\
    --events-backend none --runtime crun "$@"`;

/** Runs sleep in a container whose root holds busybox alone. Throws what podman says where it can't. */
export async function podmanContainer(flags: readonly string[] = []): Promise<PodmanContainer> {
  const dir = tempDir();
  const podman = async (...args: readonly string[]): Promise<string> => {
    const command = ["unshare", "-m", "sh", "-c", SCRIPT, "sh", dir.path, ...args];
    const { stdout, stderr, exitCode } = await runCommand(command, { cwd: "/" });
    if (exitCode !== 0) throw new Error(`podman ${args[0]}: ${stderr}`);
    return stdout.trim();
  };
  makeRoot(dir.join("rootfs"));
  // Its defaults are higher than a machine's hard limits may be.
  const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  const rest = ["--cgroups=disabled", "--network=none", "--hostname=foreign", ...flags];
  try {
    const id = await podman("run", "-d", ...limits, ...rest, "--rootfs", dir.join("rootfs"), "/bin/sleep", "1000");
    return {
      pid: Number(await podman("inspect", "--format", "{{.State.Pid}}", id)),
      async [Symbol.asyncDispose]() {
        await podman("rm", "-f", "-t", "0", id);
        dir[Symbol.dispose]();
      },
    };
  } catch (error) {
    dir[Symbol.dispose]();
    throw error;
  }
}

function makeRoot(root: string): void {
  for (const folder of ["bin", "proc", "sys", "dev", "etc", "tmp", "run", "srv"])
    mkdirSync(`${root}/${folder}`, { recursive: true });
  copyFileSync(Bun.which("busybox") ?? "/bin/busybox", `${root}/bin/busybox`);
  for (const name of APPLETS) symlinkSync("busybox", `${root}/bin/${name}`);
  writeFileSync(`${root}/etc/passwd`, "root:x:0:0::/:/bin/sh\nservice:x:7:7::/srv:/bin/sh\n");
}
