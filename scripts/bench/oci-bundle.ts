// An OCI bundle of one static program, so that runc and crun start what the others start.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The parts of an OCI config.json that the bench changes. */
interface OciConfig {
  process: { terminal: boolean; args: string[] };
  root: { path: string; readonly: boolean };
  linux: { resources?: unknown; cgroupsPath?: string; namespaces: { type: string }[] };
  mounts: { type: string }[];
}

/** Write a bundle that runs /bin/true without a terminal and asks for no cgroup limits. */
export function writeBundle(folder: string, isRoot: boolean): void {
  const busybox = Bun.which("busybox");
  if (busybox === null) throw new Error("busybox is missing (busybox-static)");
  mkdirSync(join(folder, "rootfs/bin"), { recursive: true });
  for (const name of ["dev", "proc", "sys", "tmp"]) mkdirSync(join(folder, "rootfs", name), { recursive: true });
  copyFileSync(busybox, join(folder, "rootfs/bin/true"));
  chmodSync(join(folder, "rootfs/bin/true"), 0o755);
  const made = Bun.spawnSync(["runc", "spec", ...(isRoot ? [] : ["--rootless"])], { cwd: folder, stdout: "ignore" });
  if (made.exitCode !== 0) throw new Error("runc spec failed");
  const file = join(folder, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as OciConfig; // runc has just written it
  config.process.terminal = false;
  config.process.args = ["/bin/true"];
  config.root = { path: "rootfs", readonly: true };
  delete config.linux.resources;
  writeFileSync(file, JSON.stringify(config));
}
