// Every demo, in the order in which one learns them.
import { CGROUP_DEMO } from "./kinds/cgroup.ts";
import { CONTAINER_DEMO } from "./kinds/container.ts";
import { IPC_DEMO } from "./kinds/ipc.ts";
import { MOUNT_DEMO } from "./kinds/mount.ts";
import { NET_DEMO } from "./kinds/net.ts";
import { PID_DEMO } from "./kinds/pid.ts";
import { TIME_DEMO } from "./kinds/time.ts";
import { USER_DEMO } from "./kinds/user.ts";
import { UTS_DEMO } from "./kinds/uts.ts";
import type { Demo } from "./proof.ts";

export const DEMOS: readonly Demo[] = [
  ...[UTS_DEMO, IPC_DEMO, PID_DEMO, MOUNT_DEMO, NET_DEMO, USER_DEMO, CGROUP_DEMO, TIME_DEMO],
  CONTAINER_DEMO,
];
