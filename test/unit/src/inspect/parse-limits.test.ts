import { describe, expect, test } from "bun:test";
import { parseEnvNames, parseRlimits } from "#src/inspect/parse-limits.ts";

const TEXT = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max core file size        0                    unlimited            bytes     
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
Max of the future         1                    2                    apples    
`;

describe("parseRlimits()", () => {
  test("gives each limit by its name of --rlimit, and leaves out what it doesn't know", () => {
    expect(parseRlimits(TEXT)).toEqual([
      { name: "cpu", soft: "unlimited", hard: "unlimited" },
      { name: "core", soft: "0", hard: "unlimited" },
      { name: "nofile", soft: "1024", hard: "524288" },
      { name: "nice", soft: "0", hard: "0" },
    ]);
  });

  test("knows every limit of this machine", async () => {
    const text = await Bun.file("/proc/self/limits").text();
    expect(parseRlimits(text)).toHaveLength(text.trim().split("\n").length - 1);
  });
});

describe("parseEnvNames()", () => {
  test("gives names, sorted, once, and no values", () => {
    expect(parseEnvNames("B=x=y\0A=secret\0B=z\0=hidden\0nonsense\0EMPTY=\0")).toEqual(["A", "B", "EMPTY"]);
  });
});
