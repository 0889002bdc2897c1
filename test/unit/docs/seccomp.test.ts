import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seccompDocs } from "#src/seccomp/default-docs.ts";

const PATH = join(import.meta.dir, "../../../docs/seccomp.md");

test("docs/seccomp.md says what the default profile is (NSBOX_TEST_UPDATE=1 writes it)", () => {
  if (process.env["NSBOX_TEST_UPDATE"] === "1") writeFileSync(PATH, seccompDocs());
  expect(readFileSync(PATH, "utf8")).toBe(seccompDocs());
});
