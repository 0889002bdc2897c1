// Where a test of root's may make cgroups of its own.
import { existsSync, readFileSync } from "node:fs";

/** A folder for groups that limit processes: of version 2, or of version 1's own hierarchy for that. */
export function pidsFolder(): string | undefined {
  const second = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) => {
    const file = `${path}/cgroup.subtree_control`;
    return existsSync(file) && readFileSync(file, "utf8").split(/\s+/).includes("pids");
  });
  return second ?? (existsSync("/sys/fs/cgroup/pids/tasks") ? "/sys/fs/cgroup/pids" : undefined);
}
