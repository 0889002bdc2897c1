import { describe, expect, test } from "bun:test";
import { parsePsFilter } from "#src/cli/ps-filter.ts";

describe("parsePsFilter()", () => {
  test.each([
    ["name=we", { key: "name", part: "we" }],
    ["state=paused", { key: "state", state: "paused" }],
    ["status=exited", { key: "state", state: "exited" }],
    ["label=tier", { key: "label", name: "tier", value: undefined }],
    ["label=tier=a=b", { key: "label", name: "tier", value: "a=b" }],
  ] as const)("reads %s", (text, filter) => {
    expect(parsePsFilter(text)).toEqual(filter);
  });

  test.each(["", "name", "name=", "state=asleep", "colour=red"])("refuses %p", (text) => {
    expect(() => parsePsFilter(text)).toThrow(`Cannot parse --filter ${JSON.stringify(text)}`);
  });
});
