// Which files of a cgroup set a limit, and what they say; of both versions. Pure.
import { isDigits } from "../proc-text.ts";
import { explainBytes } from "./group.ts";

/** A limit that is set. */
export interface CgroupLimit {
  readonly of: "memory" | "processes" | "processor time";
  /** "50 MiB", "20", "0.5 processors". */
  readonly value: string;
}

type Files = Readonly<Record<string, string>>;

/** The limits of a cgroup of version 2, and of one of version 1 that has such a controller. */
export const LIMIT_FILES: readonly string[] = ["memory.max", "pids.max", "cpu.max"];
export const FIRST_FILES: Readonly<Record<string, readonly string[]>> = {
  memory: ["memory.usage_in_bytes", "memory.limit_in_bytes"],
  pids: ["pids.current", "pids.max"],
  cpu: ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
};

/** Those that are set among these files. */
export function limitsOf(files: Files): readonly CgroupLimit[] {
  const memory = files["memory.max"] ?? files["memory.limit_in_bytes"];
  const processor = files["cpu.max"] ?? firstCpuMax(files);
  const limits: CgroupLimit[] = [];
  if (isLimit(memory)) limits.push({ of: "memory", value: explainBytes(Number(memory)) });
  if (isLimit(files["pids.max"])) limits.push({ of: "processes", value: files["pids.max"] });
  if (processor !== undefined && isLimit(processor.split(" ")[0]))
    limits.push({ of: "processor time", value: explainCpuMax(processor) });
  return limits;
}

/** What version 2 has in one file. */
export function firstCpuMax(files: Files): string | undefined {
  const quota = files["cpu.cfs_quota_us"];
  return quota === undefined ? undefined : `${quota === "-1" ? "max" : quota} ${files["cpu.cfs_period_us"] ?? 100000}`;
}

/** KERNEL: version 1 says "no limit" by the largest number of whole pages, PAGE_COUNTER_MAX. */
const UNLIMITED = 2 ** 62;

export function isLimit(text: string | undefined): text is string {
  return isDigits(text, 20) && Number(text) < UNLIMITED;
}

/** "50000 100000" → "0.5 processors"; "max 100000" → "no limit". */
export function explainCpuMax(text: string): string {
  const words = text.split(" ");
  const [quota, period] = [words[0] ?? "max", words[1] ?? "100000"];
  return quota === "max" ? "no limit" : `${Number(quota) / Number(period)} processors`;
}
