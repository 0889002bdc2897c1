import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { diagnoseUserNamespaces, findUserNamespaceCause } from "#src/host/diagnose-user-namespaces.ts";
import { tempDir } from "#test/support/nsbox.ts";

const NOT_CHROOTED = { "/proc/self/mountinfo": "22 1 0:20 / / rw - ext4 /dev/vda rw\n" };

/** What is found where these files are /proc. */
function causeIn(files: Readonly<Record<string, string>>) {
  using root = tempDir();
  for (const [path, text] of Object.entries({ ...NOT_CHROOTED, ...files })) {
    mkdirSync(dirname(root.path + path), { recursive: true });
    writeFileSync(root.path + path, text);
  }
  const found = findUserNamespaceCause(root.path);
  expect(diagnoseUserNamespaces(root.path)).toBe(found === undefined ? undefined : `${found.cause}: ${found.remedy}`);
  return found;
}

test.each([
  [
    "/proc/sys/user/max_user_namespaces",
    "0\n",
    "user.max_user_namespaces is 0",
    "sysctl user.max_user_namespaces=15000",
  ],
  [
    "/proc/sys/kernel/unprivileged_userns_clone",
    "0\n",
    "unprivileged_userns_clone is 0",
    "unprivileged_userns_clone=1",
  ],
  [
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "1\n",
    "apparmor_restrict_unprivileged_userns is 1",
    "apparmor_restrict_unprivileged_userns=0",
  ],
  ["/proc/self/status", "Name:\tx\nSeccomp:\t2\n", "a seccomp filter", "seccomp=unconfined"],
  ["/proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n", "in a chroot", "pivot_root"],
])("findUserNamespaceCause() knows %s with %j", (path, text, cause, remedy) => {
  const found = causeIn({ [path]: text });
  expect(found?.cause).toContain(cause);
  expect(found?.remedy).toContain(remedy);
});

test("findUserNamespaceCause() knows nothing where nothing is in the way", () => {
  expect(causeIn({ "/proc/sys/user/max_user_namespaces": "15000\n", "/proc/self/status": "Seccomp:\t0\n" })).toBe(
    undefined,
  );
});
