import { describe, expect, test } from "bun:test";
import { chooseAccount } from "#scripts/unprivileged.ts";

const ROOT = "root:x:0:0:root:/root:/bin/bash\n";

describe("chooseAccount()", () => {
  test("takes the account that was made for tests", () => {
    const passwd = `${ROOT}nsbox-test:x:1001:1002::/home/nsbox-test:/bin/sh\n`;
    expect(chooseAccount(passwd)).toEqual({ name: "nsbox-test", uid: 1001, gid: 1002 });
  });

  test("takes an id without an account where there is none", () => {
    expect(chooseAccount(ROOT)).toEqual({ name: "54321", uid: 54321, gid: 54321 });
  });

  test("is not misled by a name that only begins alike", () => {
    expect(chooseAccount("nsbox-tester:x:7:7::/:/bin/sh\n").uid).toBe(54321);
  });
});
